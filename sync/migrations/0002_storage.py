"""Room on the page for updates of rows that change often, and vacuum that keeps up with queue-like tables."""

from django.db import migrations

STORAGE = {
    # Half a page holds two records; each of their updates finds room beside them and leaves the indexes alone.
    "sync_contact": "fillfactor = 50",
    "sync_order": "fillfactor = 50",
    "sync_outboxentry": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000",
    "sync_delivery": "fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05",
    "sync_deliveryrecord": "fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05",
    "sync_heartbeat": "fillfactor = 50",
}


def statements(verb: str) -> list[str]:
    names = {table: ", ".join(part.split("=")[0].strip() for part in text.split(",")) for table, text in STORAGE.items()}
    return [f"ALTER TABLE {table} {verb} ({STORAGE[table] if verb == 'SET' else names[table]})" for table in STORAGE]


# A record's payload lies beside its row, so that an update of the views does not carry it along, and nothing is
# compressed: that took more time than all the rest of an update.
PLAIN = "ALTER COLUMN raw SET STORAGE {raw}, " + ", ".join(
    f"ALTER COLUMN {view} SET STORAGE {{views}}" for view in ("s360_view", "crm_view", "agreed")
)


def columns(table: str, *, raw: str, views: str) -> str:
    return f"ALTER TABLE {table} {PLAIN.format(raw=raw, views=views)}"


class Migration(migrations.Migration):
    dependencies = [("sync", "0001_initial")]
    operations = [
        migrations.RunSQL(sql=statements("SET"), reverse_sql=statements("RESET")),
        *(
            migrations.RunSQL(
                sql=columns(table, raw="EXTERNAL", views="MAIN"),
                reverse_sql=columns(table, raw="EXTENDED", views="EXTENDED"),
            )
            for table in ("sync_contact", "sync_order")
        ),
        # Bodies are kept as they came: compressing JSON at the door costs more than the disk it saves for thirty days.
        migrations.RunSQL(
            sql="ALTER TABLE sync_delivery ALTER COLUMN body SET STORAGE EXTERNAL",
            reverse_sql="ALTER TABLE sync_delivery ALTER COLUMN body SET STORAGE EXTENDED",
        ),
    ]
