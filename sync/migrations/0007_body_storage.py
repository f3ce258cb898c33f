"""Bodies are kept as they came: compressing JSON at the door costs more than the disk it saves for thirty days."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sync", "0006_fewer_checks")]
    operations = [
        migrations.RunSQL(
            sql="ALTER TABLE sync_delivery ALTER COLUMN body SET STORAGE EXTERNAL",
            reverse_sql="ALTER TABLE sync_delivery ALTER COLUMN body SET STORAGE EXTENDED",
        )
    ]
