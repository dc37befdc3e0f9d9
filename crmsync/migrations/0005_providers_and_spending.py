
"""Providers and what they cost. HubSpot accounts get two fields of ours more before their next write, so that their
schema is looked at again.
"""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from trail.append_only import MakeAppendOnly


def look_again(apps, schema_editor):
    apps.get_model("crmsync", "Connection").objects.filter(kind="hubspot").update(schema_ready_at=None)


class Migration(migrations.Migration):

    dependencies = [
        ('crmsync', '0004_routing_rule_slug'),
    ]

    operations = [
        migrations.AlterField(
            model_name='connection',
            name='kind',
            field=models.CharField(choices=[('hubspot', 'HubSpot'), ('smtp', 'Mail server'), ('mail_files', 'Mail as files'), ('batchdata', 'BatchData')], max_length=16),
        ),
        migrations.AlterField(
            model_name='push',
            name='kind',
            field=models.CharField(choices=[('upsert_contact', 'Write contact'), ('upsert_property', 'Write property'), ('assign', 'Assign owner'), ('alert', 'Alert the agent'), ('email', 'First e-mail'), ('task', 'Create task'), ('trace', 'Find contact details'), ('lookup', 'Look up property'), ('check_address', 'Verify address'), ('check_phones', 'Verify phones'), ('check_dnc', 'Check do-not-call'), ('check_tcpa', 'Check litigators')], max_length=16),
        ),
        migrations.AlterField(
            model_name='push',
            name='message_id',
            field=models.CharField(blank=True, help_text='Of an e-mail, or the mark of a question to a provider; written before it is sent.', max_length=200),
        ),
        migrations.CreateModel(
            name='Spending',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workflow', models.CharField(blank=True, max_length=50)),
                ('cents', models.IntegerField(help_text='Negative: given back.')),
                ('reason', models.CharField(blank=True, max_length=120)),
                ('day', models.DateField(help_text='Whose budget it counts against: the day of the question, also when given back.')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('connection', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='spendings', to='crmsync.connection')),
                ('push', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='spendings', to='crmsync.push')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['connection', 'day'], name='spending_by_provider'), models.Index(fields=['workflow', 'day'], name='spending_by_workflow')],
            },
        ),
        MakeAppendOnly("crmsync_spending"),
        migrations.RunPython(look_again, migrations.RunPython.noop),
    ]
