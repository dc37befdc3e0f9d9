"""What every test may use: few fixtures, no magic."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseOperations  # by way of base, which the module itself needs

from intake.api import outage
from intake.api.authentication import forget_doors
from intake.dictionaries import forget_dictionaries
from intake.services.count_refusal import forget_refusals
from trail.append_only import APPEND_ONLY_TABLES, create_sql, drop_sql


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="a skipped test fails the run: it proves nothing")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if session.config.getoption("--no-skips") and reporter is not None and reporter.stats.get("skipped"):
        reporter.write_line(f"{len(reporter.stats['skipped'])} skipped, which this run does not allow.", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True, scope="session")
def _append_only_tables_can_be_emptied_between_tests() -> Iterator[None]:
    """SQLite empties tables by DELETE, which append-only tables refuse; lift the refusal just for that."""
    original = DatabaseOperations.sql_flush

    def sql_flush(self: DatabaseOperations, *args: object, **kwargs: object) -> list[str]:
        statements = original(self, *args, **kwargs)
        lift = [sql for table in APPEND_ONLY_TABLES for sql in drop_sql(table, "sqlite")]
        restore = [sql for table in APPEND_ONLY_TABLES for sql in create_sql(table, "sqlite")]
        return [*lift, *statements, *restore]

    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign]
    yield
    DatabaseOperations.sql_flush = original  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _nothing_is_remembered_from_the_test_before() -> None:
    """A process remembers sources and dictionaries by id, and tests use the same ids again. Refusals are written with
    the request that they belong to: every look at their clock is a second later."""
    forget_refusals(timer=itertools.count().__next__)
    outage.end()
    forget_doors()
    forget_dictionaries()


@pytest.fixture
def on_postgresql() -> bool:
    """Is this run on PostgreSQL?"""
    return connection.vendor == "postgresql"
