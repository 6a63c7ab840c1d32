/*
 * For tests under Wine 8 only: it lacks bcryptprimitives.dll, whose ProcessPrng Rust's standard library takes random
 * numbers from. Every Windows that the platform is for has the real one; nothing that is delivered holds this.
 */
#include <windows.h>

/* RtlGenRandom by its old name, which Wine has. */
BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    while (length > 0) {
        ULONG part = length > 0x10000 ? 0x10000 : (ULONG)length;
        if (!SystemFunction036(buffer, part))
            return FALSE;
        buffer += part;
        length -= part;
    }
    return TRUE;
}
