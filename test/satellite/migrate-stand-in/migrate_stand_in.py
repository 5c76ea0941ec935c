"""Stands in for upstream's daf_butler_migrate, which is not on PyPI and cannot be installed for tests.

It is a plugin of the real `butler` command, found in the same way, with the same commands, arguments, revisions and form of
output as far as the gateway uses them.  Its migrations are real for SQLite and for universes of which the newer one adds
tables and columns only (6 to 8): what `Butler.makeRepo` makes of the newer one is added.  `DAF_BUTLER_STAND_IN` makes an
upgrade fail in the middle, damage what it migrates, or wait for ever.
"""

import os
import sqlite3
import sys
import tempfile
import time
import uuid
from pathlib import Path

import click

from lsst.daf.butler import Butler, DimensionConfig

SHIPPED = "resource://lsst.daf.butler/configs/old_dimensions/daf_butler_universe{}.yaml"
VERSIONS = range(9)
COLUMNS = "SELECT name, type FROM pragma_table_info(?)"
DIMENSIONS = "config:dimensions.json"


def revision_of(version):
    namespace = uuid.UUID("840b31d9-05cd-5161-b2c8-00d32b280d0f")
    return uuid.uuid5(namespace, f"dimensions-config-daf_butler-{version}").hex[-12:]


def connect(root):
    return sqlite3.connect(Path(root) / "gen3.sqlite3", isolation_level=None)


def version_of(database):
    (value,) = database.execute(
        "SELECT json_extract(value, '$.version') FROM butler_attributes WHERE name = ?", [DIMENSIONS]
    ).fetchone()
    return value


def tables_of(database):
    return dict(database.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"))


def add_what_is_new(database, newer):
    old = tables_of(database)
    for name, statement in tables_of(newer).items():
        if name not in old:
            database.execute(statement)
            continue
        known = {column for column, _ in database.execute(COLUMNS, [name])}
        for column, kind in newer.execute(COLUMNS, [name]).fetchall():
            if column not in known:
                database.execute(f'ALTER TABLE "{name}" ADD COLUMN "{column}" {kind}')
    (document,) = newer.execute("SELECT value FROM butler_attributes WHERE name = ?", [DIMENSIONS]).fetchone()
    database.execute("UPDATE butler_attributes SET value = ? WHERE name = ?", [document, DIMENSIONS])


@click.group()
def migrate():
    pass


@migrate.command()
@click.argument("tree")
def show_history(tree):
    for version in reversed(VERSIONS):
        before = revision_of(version - 1) if version > 0 else "3e2891b82110"
        click.echo(
            f"{before} -> {revision_of(version)} ({tree}, {tree}-daf_butler), "
            f"Migration script for dimensions.yaml namespace=daf_butler version={version}."
        )


@migrate.command()
@click.argument("repo")
def show_current(repo):
    database = connect(repo)
    if "alembic_version" in tables_of(database):
        for (revision,) in database.execute("SELECT version_num FROM alembic_version"):
            click.echo(revision)


@migrate.command()
@click.argument("repo")
def stamp(repo):
    database = connect(repo)
    database.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
    database.execute("INSERT INTO alembic_version VALUES (?)", [revision_of(version_of(database))])


@migrate.command()
@click.argument("repo")
@click.argument("revision")
def upgrade(repo, revision):
    database = connect(repo)
    before = version_of(database)
    version = next(version for version in VERSIONS if revision_of(version) == revision)
    (stamped,) = database.execute("SELECT version_num FROM alembic_version").fetchone()
    if version != before + 1 or stamped != revision_of(before):
        raise click.ClickException("one revision at a time")
    click.echo(f"Migrating {repo} to {version}")
    with tempfile.TemporaryDirectory() as root:
        Butler.makeRepo(root, dimensionConfig=DimensionConfig(SHIPPED.format(version)))
        newer = connect(root)
        database.execute("BEGIN")
        add_what_is_new(database, newer)
        database.execute("UPDATE alembic_version SET version_num = ?", [revision])
        match os.environ.get("DAF_BUTLER_STAND_IN"):
            case "fail":
                click.echo(f"cannot migrate {repo}/gen3.sqlite3", err=True)
                sys.exit(1)
            case "wait":
                Path(os.environ["DAF_BUTLER_STAND_IN_PID"]).write_text(str(os.getpid()))
                time.sleep(600)
            case "damage":
                database.execute("DROP TABLE visit")
        database.execute("COMMIT")


def commands():
    return [migrate]
