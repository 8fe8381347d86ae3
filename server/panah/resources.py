"""Files that ship in the wheel but live elsewhere in a checkout."""

from pathlib import Path

PACKAGE = Path(__file__).parent
CHECKOUT = PACKAGE.parents[1]


def bundled(in_package: str, in_checkout: str) -> Path:
    """The file or folder inside the installed package, or the checkout's own when there is none."""
    inside = PACKAGE / in_package
    return inside if inside.exists() else CHECKOUT / in_checkout
