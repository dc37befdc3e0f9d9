from django.db import migrations

from trail.append_only import MakeAppendOnly


class Migration(migrations.Migration):
    dependencies = [("trail", "0001_initial")]

    operations = [MakeAppendOnly("trail_auditentry")]
