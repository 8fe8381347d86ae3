"""The commands that `panah serve` does without; panah.__main__ imports them when one is called."""

import typer

from panah.blocklists.cli import create, verify
from panah.curation.cli import report, verify_report
from panah.demo.cli import demo
from panah.distribution.commands import keys_app, publish_static
from panah.feedback.cli import feedback_app
from panah.interchange.cli import lists_app
from panah.simulate.cli import simulate

lists_app.command()(create)
lists_app.command()(verify)
lists_app.command()(publish_static)
lists_app.command()(report)
lists_app.command()(verify_report)

others = typer.Typer()
others.command()(simulate)
others.command()(demo)
others.add_typer(lists_app)
others.add_typer(feedback_app)
others.add_typer(keys_app)
