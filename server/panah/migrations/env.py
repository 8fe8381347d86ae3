"""Run by Alembic. The engine comes from panah.db, so that one setting names the database everywhere."""

from alembic import context
from sqlmodel import SQLModel

# These register their tables.
import panah.accounts.tables
import panah.blocklists.tables
import panah.curation.tables
import panah.distribution.tables
import panah.feedback.tables
import panah.operations.tables
import panah.scoring.tables
import panah.squads.tables  # noqa: F401

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=SQLModel.metadata,
        render_as_batch=connection.dialect.name == "sqlite",  # SQLite cannot alter a column in place
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
