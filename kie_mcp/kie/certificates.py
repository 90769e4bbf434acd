"""The certificates that are trusted: the usual ones, or those of SSL_CERT_FILE and SSL_CERT_DIR."""

import os
import ssl
from functools import cached_property

import httpx

from kie_mcp.errors import NetworkSetupError
from kie_mcp.kie.network_settings import Network


class TrustedCertificates:
    """The trusted certificates; they are read when the first https connection is made."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @cached_property
    def context(self) -> ssl.SSLContext:
        """The usual authorities and those that this computer's owner has added. Raises NetworkSetupError."""
        file = self._network.ca_file
        try:
            context = ssl.create_default_context(cafile=file) if file else httpx.create_ssl_context(trust_env=False)
            context.load_default_certs()
            for folder in filter(os.path.isdir, self._network.ca_dirs):
                context.load_verify_locations(capath=folder)
        except (OSError, ValueError) as error:
            why = "holds no certificates" if isinstance(error, ssl.SSLError | ValueError) else _reason(error)
            message = f"The file that SSL_CERT_FILE names cannot be used ({why})."
            remedy = "Set it to a PEM file of certificates, or unset it, and restart the client."
            raise NetworkSetupError(message, remedy=remedy) from None
        return context


def _reason(error: Exception) -> str:
    told = error.strerror if isinstance(error, OSError) else None
    return (told or type(error).__name__).lower()
