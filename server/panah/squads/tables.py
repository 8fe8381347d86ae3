"""What the server keeps of a squad: a box that it cannot open, and since which day nobody has asked for it."""

from datetime import date

from sqlmodel import Field, SQLModel


class Squad(SQLModel, table=True):
    """One box. Whoever holds the invitation derives the id, the secret and the key that opens it."""

    __tablename__ = "squad"

    id: str = Field(primary_key=True, max_length=32)  # 32 hex digits
    secret_digest: str = Field(max_length=64)  # SHA-256 of the secret
    version: int
    box: str = Field(max_length=262_144)  # base64
    touched_on: date = Field(index=True)
