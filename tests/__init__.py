"""Tests of the whole of Panah; a package, so that the harness can be imported from every folder below."""
