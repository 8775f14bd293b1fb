/* A PKCS#11 module for tests: passes calls on to SoftHSM, and misbehaves as it is told.
 *
 * FAULTS names a directory. In it `calls` gets the name of each call, one a line, from whatever process; `plan`
 * holds words, one a line, and is read anew at every call:
 *
 *   C_Sign=0x30     this function answers this CK_RV (hex), does not pass the call on
 *   C_Sign@2=0x30   so does the second call of this function
 *   17=0x30         so does the 17th line of `calls`
 *   17=crash        abort(3) there;  =wild  a write to address 0;  =hang  sleep for ever
 *   17=greedy       take and use memory until there is none, then abort(3)
 *   17=out          the token is away from that call on;  0=out  from the start
 *   tries=3         lock the PIN after 3 wrong ones; how many there were is the length of the file `wrong`
 *   flags=0x80000   set these flags of CK_TOKEN_INFO
 *   garbled         CK_TOKEN_INFO is full of 0xff;  flipped  signatures have one bit wrong
 */
#define CRYPTOKI_COMPAT 1
#include <dlfcn.h>
#include <fcntl.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static CK_FUNCTION_LIST_PTR real;
static CK_FUNCTION_LIST table;
static char plan[4096];

static void path_of(char *path, size_t size, const char *name) {
    const char *directory = getenv("FAULTS");
    snprintf(path, size, "%s/%s", directory ? directory : ".", name);
}

static long length_of(const char *name) {
    char path[1024];
    struct stat status;
    path_of(path, sizeof path, name);
    return stat(path, &status) ? 0 : (long)status.st_size;
}

static void append(const char *name, const char *text) {
    char path[1024];
    path_of(path, sizeof path, name);
    int file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || write(file, text, strlen(text)) < 0) abort();
    close(file);
}

static void read_plan(void) {
    char path[1024];
    path_of(path, sizeof path, "plan");
    int file = open(path, O_RDONLY);
    ssize_t size = file < 0 ? 0 : read(file, plan + 1, sizeof plan - 3);
    if (file >= 0) close(file);
    plan[0] = '\n';
    plan[(size < 0 ? 0 : size) + 1] = '\n';
    plan[(size < 0 ? 0 : size) + 2] = 0;
}

static const char *word(const char *key) { /* what stands after `key` at the start of a line, or NULL */
    char line[64];
    snprintf(line, sizeof line, "\n%s", key);
    const char *found = strstr(plan, line);
    return found ? found + strlen(line) : NULL;
}

static long number(const char *key) {
    const char *value = word(key);
    return value ? strtol(value, NULL, 0) : 0;
}

static long calls(const char *name) { /* how many so far, by all processes; NULL: of all functions */
    char path[1024], line[256];
    long lines = 0;
    path_of(path, sizeof path, "calls");
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        lines += !name || !strcmp(line, name);
    }
    fclose(file);
    return lines;
}

static int away(long now) { /* `N=out` with N no later than now */
    for (const char *line = plan; (line = strstr(line, "=out\n")); line++) {
        const char *start = line;
        while (start[-1] != '\n') start--;
        if (strtol(start, NULL, 10) <= now) return 1;
    }
    return 0;
}

static CK_RV act(const char *action) {
    if (!strncmp(action, "crash", 5)) abort();
    if (!strncmp(action, "wild", 4)) *(volatile int *)0 = 1;
    if (!strncmp(action, "hang", 4)) for (;;) pause();
    if (!strncmp(action, "greedy", 6)) {
        for (int i = 0; i < 4096; i++) { /* 16 GiB of addresses, of which little is used */
            char *more = malloc(4 << 20);
            if (!more) abort();
            *(volatile char *)more = 1;
        }
        return CKR_OK;
    }
    return strncmp(action, "out", 3) ? strtoul(action, NULL, 0) : CKR_OK;
}

static CK_RV step(const char *name, CK_RV gone) {
    char key[64], line[64];
    snprintf(line, sizeof line, "%s\n", name);
    append("calls", line);
    read_plan();
    long now = calls(NULL);
    if (gone && away(now)) return gone;
    const char *action;
    snprintf(key, sizeof key, "%s=", name);
    if ((action = word(key))) return act(action);
    snprintf(key, sizeof key, "%s@%ld=", name, calls(name));
    if ((action = word(key))) return act(action);
    snprintf(key, sizeof key, "%ld=", now);
    return (action = word(key)) ? act(action) : CKR_OK;
}

#define WRAP(name, gone, parameters, arguments)            \
    static CK_RV my_##name parameters {                    \
        CK_RV answer = step(#name, gone);                  \
        return answer ? answer : real->name arguments;     \
    }

#define S CK_SESSION_HANDLE s
WRAP(C_Initialize, 0, (void *a), (a))
WRAP(C_GetInfo, 0, (CK_INFO *i), (i))
WRAP(C_GetSlotInfo, 0, (CK_SLOT_ID n, CK_SLOT_INFO *i), (n, i))
WRAP(C_OpenSession, CKR_TOKEN_NOT_PRESENT, (CK_SLOT_ID n, CK_FLAGS f, void *a, CK_NOTIFY y, CK_SESSION_HANDLE *s),
     (n, f, a, y, s))
WRAP(C_CloseSession, CKR_DEVICE_REMOVED, (S), (s))
WRAP(C_Logout, CKR_DEVICE_REMOVED, (S), (s))
WRAP(C_CreateObject, CKR_DEVICE_REMOVED, (S, CK_ATTRIBUTE *a, CK_ULONG n, CK_OBJECT_HANDLE *o), (s, a, n, o))
WRAP(C_DestroyObject, CKR_DEVICE_REMOVED, (S, CK_OBJECT_HANDLE o), (s, o))
WRAP(C_GetAttributeValue, CKR_DEVICE_REMOVED, (S, CK_OBJECT_HANDLE o, CK_ATTRIBUTE *a, CK_ULONG n), (s, o, a, n))
WRAP(C_FindObjectsInit, CKR_DEVICE_REMOVED, (S, CK_ATTRIBUTE *a, CK_ULONG n), (s, a, n))
WRAP(C_FindObjects, CKR_DEVICE_REMOVED, (S, CK_OBJECT_HANDLE *o, CK_ULONG n, CK_ULONG *c), (s, o, n, c))
WRAP(C_FindObjectsFinal, CKR_DEVICE_REMOVED, (S), (s))
WRAP(C_SignInit, CKR_DEVICE_REMOVED, (S, CK_MECHANISM *m, CK_OBJECT_HANDLE k), (s, m, k))
WRAP(C_GenerateKeyPair, CKR_DEVICE_REMOVED,
     (S, CK_MECHANISM *m, CK_ATTRIBUTE *a, CK_ULONG n, CK_ATTRIBUTE *b, CK_ULONG k, CK_OBJECT_HANDLE *p,
      CK_OBJECT_HANDLE *q),
     (s, m, a, n, b, k, p, q))

static CK_RV my_C_GetSlotList(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *count) {
    CK_RV answer = step("C_GetSlotList", 0);
    if (answer) return answer;
    if (present && away(calls(NULL))) {
        *count = 0;
        return CKR_OK;
    }
    return real->C_GetSlotList(present, slots, count);
}

static CK_RV my_C_GetTokenInfo(CK_SLOT_ID slot, CK_TOKEN_INFO *info) {
    CK_RV answer = step("C_GetTokenInfo", CKR_TOKEN_NOT_PRESENT);
    if (!answer) answer = real->C_GetTokenInfo(slot, info);
    if (answer) return answer;
    long tries = number("tries="), wrong = length_of("wrong");
    info->flags |= number("flags=");
    if (tries) {
        info->flags &= ~(CK_FLAGS)(CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED);
        if (wrong) info->flags |= CKF_USER_PIN_COUNT_LOW;
        if (wrong == tries - 1) info->flags |= CKF_USER_PIN_FINAL_TRY;
        if (wrong >= tries) info->flags |= CKF_USER_PIN_LOCKED;
    }
    if (word("garbled")) memset(info, 0xff, sizeof *info);
    return CKR_OK;
}

static CK_RV checked_pin(CK_RV answer) { /* counts wrong PINs as a token that locks itself does */
    char path[1024];
    path_of(path, sizeof path, "wrong");
    if (answer == CKR_OK) unlink(path);
    if (answer == CKR_PIN_INCORRECT) append("wrong", "x");
    long tries = number("tries=");
    return tries && answer == CKR_PIN_INCORRECT && length_of("wrong") >= tries ? CKR_PIN_LOCKED : answer;
}

static int locked(void) {
    long tries = number("tries=");
    return tries && length_of("wrong") >= tries;
}

static CK_RV my_C_Login(S, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG size) {
    CK_RV answer = step("C_Login", CKR_DEVICE_REMOVED);
    if (answer) return answer;
    return locked() ? CKR_PIN_LOCKED : checked_pin(real->C_Login(s, user, pin, size));
}

static CK_RV my_C_SetPIN(S, CK_UTF8CHAR *old, CK_ULONG m, CK_UTF8CHAR *pin, CK_ULONG n) {
    CK_RV answer = step("C_SetPIN", CKR_DEVICE_REMOVED);
    if (answer) return answer;
    return locked() ? CKR_PIN_LOCKED : checked_pin(real->C_SetPIN(s, old, m, pin, n));
}

static CK_RV my_C_Sign(S, CK_BYTE *data, CK_ULONG m, CK_BYTE *signature, CK_ULONG *n) {
    CK_RV answer = step("C_Sign", CKR_DEVICE_REMOVED);
    if (!answer) answer = real->C_Sign(s, data, m, signature, n);
    if (!answer && signature && word("flipped")) signature[*n / 2] ^= 1;
    return answer;
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list) {
    if (!real) {
        const char *path = getenv("FAULTS_REAL");
        void *library = dlopen(path ? path : "libsofthsm2.so", RTLD_NOW);
        CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
        if (library) *(void **)&get = dlsym(library, "C_GetFunctionList");
        if (!get || get(&real)) return CKR_GENERAL_ERROR;
        table = *real;
        table.C_GetFunctionList = C_GetFunctionList;
#define PUT(name) table.name = my_##name
        PUT(C_Initialize); PUT(C_GetInfo); PUT(C_GetSlotList); PUT(C_GetSlotInfo); PUT(C_GetTokenInfo);
        PUT(C_OpenSession); PUT(C_CloseSession); PUT(C_Login); PUT(C_Logout); PUT(C_SetPIN); PUT(C_CreateObject);
        PUT(C_DestroyObject); PUT(C_GetAttributeValue); PUT(C_FindObjectsInit); PUT(C_FindObjects);
        PUT(C_FindObjectsFinal); PUT(C_SignInit); PUT(C_Sign); PUT(C_GenerateKeyPair);
    }
    *list = &table;
    return CKR_OK;
}
