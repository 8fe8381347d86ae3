"""What the consoles of curators and admins keep."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("receipt_digest", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("bucket", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(length=4), nullable=False),
        sa.Column("sensitivity", sa.String(length=8), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=False),
        sa.Column("policy", sa.String(length=64), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("keep_until", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("labels", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("labelled_by", sa.Uuid(), nullable=True),
        sa.Column("labelled_on", sa.Date(), nullable=True),
        sa.Column("exported_on", sa.Date(), nullable=True),
        sa.Column("sealed_text", sa.String(length=24000), nullable=True),
        sa.Column("sealed_context", sa.String(length=24000), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("receipt_digest"),
    )
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.create_index("ix_feedback_queue", ["state", "made_on", "id"], unique=False)

    op.create_table(
        "job_run",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fault", sa.String(length=120), nullable=False),
        sa.Column("well_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("did", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "model_choice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("model", sa.String(length=64), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("author", sa.String(length=40), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "shadow_count",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("active", sa.String(length=64), nullable=False),
        sa.Column("shadow", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("active_verdict", sa.String(length=24), nullable=False),
        sa.Column("shadow_verdict", sa.String(length=24), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint(
            "day", "active", "shadow", "language", "active_verdict", "shadow_verdict", name="shadow_count_once"
        ),
    )
    op.create_table(
        "switch",
        sa.Column("name", sa.String(length=24), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("by", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "care",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("daily_cap", sa.Integer(), nullable=False),
        sa.Column("next_cap", sa.Integer(), nullable=True),
        sa.Column("next_cap_on", sa.Date(), nullable=True),
        sa.Column("break_after", sa.Integer(), nullable=False),
        sa.Column("text_only", sa.Boolean(), nullable=False),
        sa.Column("blurred", sa.Boolean(), nullable=False),
        sa.Column("keys", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id"),
    )
    op.create_table(
        "lease",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("ref", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("kind", "ref"),
    )
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lease_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_lease_until"), ["until"], unique=False)

    op.create_table(
        "note_template",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("blocklist_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.ForeignKeyConstraint(["blocklist_id"], ["blocklist.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("blocklist_id", "title", name="note_template_once"),
    )
    op.create_table(
        "transparency_report",
        sa.Column("blocklist_id", sa.Uuid(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["blocklist_id"], ["blocklist.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("blocklist_id", "month"),
    )
    with op.batch_alter_table("list_policy", schema=None) as batch_op:
        batch_op.add_column(sa.Column("based_on", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("refused_by", sa.String(length=40), nullable=True))

    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said", sa.String(length=12), nullable=True))
        batch_op.add_column(sa.Column("said_reason", sa.String(length=40), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("said_note", sa.String(length=500), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("said_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.drop_index(batch_op.f("ix_look_member"))
        batch_op.create_index("ix_look_answered", ["member_id", "answered_at"], unique=False)
        batch_op.create_index(
            "ix_look_drawn",
            ["member_id", "drawn_at", "id"],
            unique=False,
            sqlite_where=sa.text("vote IS NULL"),
            postgresql_where=sa.text("vote IS NULL"),
        )
        batch_op.create_index(
            "ix_look_due",
            ["member_id", "due_at", "id"],
            unique=False,
            sqlite_where=sa.text("vote IS NULL"),
            postgresql_where=sa.text("vote IS NULL"),
        )
        batch_op.create_index(
            "ix_look_said",
            ["said_at"],
            unique=False,
            sqlite_where=sa.text("said_at IS NOT NULL"),
            postgresql_where=sa.text("said_at IS NOT NULL"),
        )

    with op.batch_alter_table("policy_version", schema=None) as batch_op:
        batch_op.add_column(sa.Column("author", sa.String(length=40), nullable=False, server_default="panah"))
        batch_op.add_column(sa.Column("approved_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("refused_by", sa.String(length=40), nullable=True))
        batch_op.add_column(sa.Column("based_on", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("in_force_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f("ix_policy_version_in_force_at"), ["in_force_at"], unique=False)

    with op.batch_alter_table("review_case", schema=None) as batch_op:
        batch_op.add_column(sa.Column("since", sa.DateTime(timezone=True), nullable=True))
    op.execute("UPDATE policy_version SET in_force_at = created_at")
    # New rows name these themselves.
    with op.batch_alter_table("look") as batch_op:
        batch_op.alter_column(
            "said_reason", existing_type=sa.String(length=40), existing_nullable=False, server_default=None
        )
        batch_op.alter_column(
            "said_note", existing_type=sa.String(length=500), existing_nullable=False, server_default=None
        )
    with op.batch_alter_table("policy_version") as batch_op:
        batch_op.alter_column(
            "author", existing_type=sa.String(length=40), existing_nullable=False, server_default=None
        )


def downgrade() -> None:
    with op.batch_alter_table("review_case", schema=None) as batch_op:
        batch_op.drop_column("since")

    with op.batch_alter_table("policy_version", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_policy_version_in_force_at"))
        batch_op.drop_column("in_force_at")
        batch_op.drop_column("based_on")
        batch_op.drop_column("refused_by")
        batch_op.drop_column("approved_by")
        batch_op.drop_column("author")

    with op.batch_alter_table("look", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_look_said",
            sqlite_where=sa.text("said_at IS NOT NULL"),
            postgresql_where=sa.text("said_at IS NOT NULL"),
        )
        batch_op.drop_index(
            "ix_look_due", sqlite_where=sa.text("vote IS NULL"), postgresql_where=sa.text("vote IS NULL")
        )
        batch_op.drop_index(
            "ix_look_drawn", sqlite_where=sa.text("vote IS NULL"), postgresql_where=sa.text("vote IS NULL")
        )
        batch_op.drop_index("ix_look_answered")
        batch_op.create_index(batch_op.f("ix_look_member"), ["member_id", "vote"], unique=False)
        batch_op.drop_column("said_at")
        batch_op.drop_column("said_note")
        batch_op.drop_column("said_reason")
        batch_op.drop_column("said")

    with op.batch_alter_table("list_policy", schema=None) as batch_op:
        batch_op.drop_column("refused_by")
        batch_op.drop_column("based_on")

    op.drop_table("transparency_report")
    op.drop_table("note_template")
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_lease_until"))
        batch_op.drop_index(batch_op.f("ix_lease_member_id"))

    op.drop_table("lease")
    op.drop_table("care")
    op.drop_table("switch")
    op.drop_table("shadow_count")
    op.drop_table("model_choice")
    op.drop_table("job_run")
    with op.batch_alter_table("feedback", schema=None) as batch_op:
        batch_op.drop_index("ix_feedback_queue")

    op.drop_table("feedback")
