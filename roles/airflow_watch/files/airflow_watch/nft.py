"""Runs commands of nft in this process, which then owns the tables that it creates with the flag ``owner``.

The command nft would end, and the table with it. So this uses the library of the command, as its manual page
libnftables(3) describes.
"""

from __future__ import annotations

import ctypes

LIBRARY = "libnftables.so.1"


class NftError(Exception):
    """nft refused a command; the text is its message."""


class Nft:
    """A connection to the kernel's packet filter. Tables with the flag ``owner`` last as long as it does."""

    def __init__(self) -> None:
        """Open the connection.

        Raises:
            OSError: The library is missing.
        """
        self._library = ctypes.CDLL(LIBRARY)
        for name, result, *arguments in (
            ("nft_ctx_new", ctypes.c_void_p, ctypes.c_uint32),
            ("nft_ctx_buffer_output", ctypes.c_int, ctypes.c_void_p),
            ("nft_ctx_buffer_error", ctypes.c_int, ctypes.c_void_p),
            ("nft_run_cmd_from_buffer", ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p),
            ("nft_ctx_get_output_buffer", ctypes.c_char_p, ctypes.c_void_p),
            ("nft_ctx_get_error_buffer", ctypes.c_char_p, ctypes.c_void_p),
        ):
            function = getattr(self._library, name)
            function.restype, function.argtypes = result, arguments
        self._context = self._library.nft_ctx_new(0)
        self._library.nft_ctx_buffer_output(self._context)
        self._library.nft_ctx_buffer_error(self._context)

    def run(self, commands: str) -> str:
        """Run commands as one transaction, and return their output.

        Args:
            commands: In the syntax of ``nft -f``.

        Raises:
            NftError: nft or the kernel refused them; nothing was changed.
        """
        code = self._library.nft_run_cmd_from_buffer(self._context, commands.encode())
        # Reading a buffer empties it.
        output = self._library.nft_ctx_get_output_buffer(self._context).decode(errors="replace")
        error = self._library.nft_ctx_get_error_buffer(self._context).decode(errors="replace")
        if code:
            raise NftError(error.strip() or f"nft failed with code {code}")
        return output
