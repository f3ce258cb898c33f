from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('crm', '0003_alter_connection_state'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='binding',
            options={'permissions': [('link_records', 'Can link a contact to a record the CRM already has')]},
        ),
    ]
