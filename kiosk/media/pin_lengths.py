"""How long a token's PIN may be, which the library for PKCS#11 does not tell (v2.40 section 3.2, CK_TOKEN_INFO).

Used by `kiosk.media.pkcs11_worker` alone, in the process that has the module loaded and initialised.
"""

import ctypes

_CKR_OK = 0
_LONG = ctypes.c_ulong


class _TokenInfo(ctypes.Structure):
    _fields_ = (
        ("label", ctypes.c_char * 32), ("manufacturer", ctypes.c_char * 32), ("model", ctypes.c_char * 16),
        ("serial", ctypes.c_char * 16), ("flags", _LONG), ("sessions", _LONG * 4), ("max_pin", _LONG),
        ("min_pin", _LONG), ("memory", _LONG * 4), ("versions", ctypes.c_ubyte * 4), ("time", ctypes.c_char * 16),
    )  # fmt: skip


_GetTokenInfo = ctypes.CFUNCTYPE(_LONG, _LONG, ctypes.POINTER(_TokenInfo))


class _Functions(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_ubyte * 2),
        ("others", ctypes.c_void_p * 6),
        ("token_info", _GetTokenInfo),
    )


def pin_lengths(module: str, slot: int) -> tuple[int, int]:
    """Give the least and the greatest length in bytes of the PIN of the token in `slot`.

    (0, 0) when the module does not say, or says what cannot be.
    """
    functions, info = ctypes.POINTER(_Functions)(), _TokenInfo()
    if ctypes.CDLL(module).C_GetFunctionList(ctypes.byref(functions)) != _CKR_OK or not functions:
        return 0, 0
    if functions.contents.token_info(slot, ctypes.byref(info)) != _CKR_OK:
        return 0, 0
    least, most = int(info.min_pin), int(info.max_pin)
    return (least, most) if most > 0 and least <= most else (0, 0)
