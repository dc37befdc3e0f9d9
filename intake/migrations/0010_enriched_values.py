
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('intake', "0009_household_members"),
    ]

    operations = [
        migrations.AddField(
            model_name='contactpoint',
            name='checked_at',
            field=models.DateTimeField(blank=True, help_text='When a provider last said so.', null=True),
        ),
        migrations.AlterField(
            model_name='contactpoint',
            name='verified',
            field=models.BooleanField(blank=True, help_text='No: a provider says that it reaches nobody.', null=True),
        ),
        migrations.CreateModel(
            name='EnrichedValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(help_text='Our name of it, or what was checked, such as phone_active.', max_length=40)),
                ('about', models.CharField(blank=True, help_text='Of a check: the number or address it speaks of.', max_length=254)),
                ('value', models.TextField()),
                ('provider', models.CharField(help_text="The connection's slug.", max_length=50)),
                ('asked_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('cost_cents', models.PositiveIntegerField(help_text='Of the question, which may have brought several values.')),
                ('confidence', models.FloatField(blank=True, help_text='0 to 1, where the provider says.', null=True)),
                ('ask', models.BigIntegerField(help_text='The push that asked.')),
                ('contact', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='enriched', to='intake.contact')),
                ('property', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='enriched', to='intake.property')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(fields=('ask', 'field', 'about', 'value'), name='an_answer_is_kept_once'), models.CheckConstraint(condition=models.Q(models.Q(('contact__isnull', False), ('property__isnull', True)), models.Q(('contact__isnull', True), ('property__isnull', False)), _connector='OR'), name='an_enriched_value_is_of_one_record')],
            },
        ),
    ]
