"""`python -m license_server`: the license server as a process."""

import sys

from internetsim import start

if __name__ == "__main__":
    start.begin_program()
    from license_server.service import LicenseServerSettings, serve
    from runtime.process import run_program

    sys.exit(
        run_program(
            "license_server",
            "The vendor's Central License Server (CLS): takes orders, issues license files.",
            LicenseServerSettings,
            serve,
        )
    )
