"""The Teams app package: manifest, icons, German texts, in one zip for the Teams administrator."""

from deployment.teams.manifest import PackageError, TeamsApp
from deployment.teams.package import build_package

__all__ = ["PackageError", "TeamsApp", "build_package"]
