/*
 * Makes system calls on chosen files fail, or hang, the way a full or a broken disk would.
 *
 * Preloaded with LD_PRELOAD. IOFAULT_CONTROL names a file of `struct control` that is mapped into
 * every process and that a test rewrites while they run: rules come into force at once, and count
 * how often they matched and what they did. Without a rule a call costs one look at memory.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum operation {
    WRITE = 1,
    PWRITE = 2,
    WRITEV = 4,
    FSYNC = 8,
    FDATASYNC = 16,
    FTRUNCATE = 32,
    FALLOCATE = 64
};

enum { RULES = 8, PATH_SIZE = 192, NOTHING = 0, SHORTEN = -1, PAUSE = 5 /* ms */ };

struct rule {
    uint32_t operations; /* set of enum operation */
    int32_t error;       /* errno of a failing call; 0 for one that is only late */
    int32_t is_short;    /* every other failing write takes half of its bytes instead */
    int32_t delay;       /* in ms, before such a call fails or goes on; it ends with the rules */
    uint64_t skip;       /* so many matching calls pass before the first one fails */
    uint64_t most;       /* so many calls fail; 0 for no limit */
    uint64_t matched;
    uint64_t failed;
    char path[PATH_SIZE]; /* part of the file's path */
};

struct control {
    uint32_t count; /* written last: rules beyond it do not exist */
    uint32_t unused;
    struct rule rules[RULES];
};

static struct control *control;

__attribute__((constructor)) static void map_control(void)
{
    const char *name = getenv("IOFAULT_CONTROL");
    if (name == NULL)
        return;
    int file = open(name, O_RDWR | O_CLOEXEC);
    if (file < 0)
        return;
    void *found = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (found != MAP_FAILED)
        control = found;
    close(file);
}

static int applies(struct rule *rule)
{
    uint64_t nth = __atomic_fetch_add(&rule->matched, 1, __ATOMIC_SEQ_CST);
    if (nth < rule->skip || (rule->most != 0 && nth >= rule->skip + rule->most))
        return 0;
    __atomic_fetch_add(&rule->failed, 1, __ATOMIC_SEQ_CST);
    return 1;
}

static void hang(int32_t delay)
{
    const struct timespec pause = {0, PAUSE * 1000 * 1000};
    for (; delay > 0 && __atomic_load_n(&control->count, __ATOMIC_ACQUIRE) != 0; delay -= PAUSE)
        nanosleep(&pause, NULL);
}

/* What is to become of a call: NOTHING unusual, an errno, or SHORTEN. */
static int fate(enum operation operation, int file, size_t size)
{
    static __thread int was_short;
    char link[64], path[4096];
    if (control == NULL || __atomic_load_n(&control->count, __ATOMIC_ACQUIRE) == 0)
        return NOTHING;
    int kept = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    errno = kept;
    if (length <= 0)
        return NOTHING;
    path[length] = 0;
    for (uint32_t at = 0; at < control->count && at < RULES; at++) {
        struct rule *rule = &control->rules[at];
        if (!(rule->operations & operation) || strstr(path, rule->path) == NULL || !applies(rule))
            continue;
        hang(rule->delay);
        errno = kept;
        was_short = rule->is_short && size > 1 && !was_short;
        return was_short ? SHORTEN : rule->error;
    }
    return NOTHING;
}

#define REAL(name)                                                                                \
    static __typeof__(name) *real;                                                                \
    if (real == NULL)                                                                             \
        real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)

#define FAIL(error)                                                                               \
    do {                                                                                          \
        errno = (error);                                                                          \
        return -1;                                                                                \
    } while (0)

#define ANSWER(operation, call)                                                                   \
    do {                                                                                          \
        int error = fate(operation, file, 0);                                                     \
        if (error != NOTHING)                                                                     \
            FAIL(error);                                                                          \
        return call;                                                                              \
    } while (0)

ssize_t write(int file, const void *bytes, size_t size)
{
    REAL(write);
    int error = fate(WRITE, file, size);
    if (error == SHORTEN)
        return real(file, bytes, size / 2);
    if (error != NOTHING)
        FAIL(error);
    return real(file, bytes, size);
}

#define PWRITE_AS(name, offset_type)                                                              \
    ssize_t name(int file, const void *bytes, size_t size, offset_type offset)                    \
    {                                                                                             \
        REAL(name);                                                                               \
        int error = fate(PWRITE, file, size);                                                     \
        if (error == SHORTEN)                                                                     \
            return real(file, bytes, size / 2, offset);                                           \
        if (error != NOTHING)                                                                     \
            FAIL(error);                                                                          \
        return real(file, bytes, size, offset);                                                   \
    }

PWRITE_AS(pwrite, off_t)
PWRITE_AS(pwrite64, off64_t)

ssize_t writev(int file, const struct iovec *parts, int count)
{
    REAL(writev);
    ANSWER(WRITEV, real(file, parts, count));
}

int fsync(int file)
{
    REAL(fsync);
    ANSWER(FSYNC, real(file));
}

int fdatasync(int file)
{
    REAL(fdatasync);
    ANSWER(FDATASYNC, real(file));
}

#define FTRUNCATE_AS(name, offset_type)                                                           \
    int name(int file, offset_type size)                                                          \
    {                                                                                             \
        REAL(name);                                                                               \
        ANSWER(FTRUNCATE, real(file, size));                                                      \
    }

FTRUNCATE_AS(ftruncate, off_t)
FTRUNCATE_AS(ftruncate64, off64_t)

#define FALLOCATE_AS(name, offset_type)                                                           \
    int name(int file, int mode, offset_type offset, offset_type size)                            \
    {                                                                                             \
        REAL(name);                                                                               \
        ANSWER(FALLOCATE, real(file, mode, offset, size));                                        \
    }

FALLOCATE_AS(fallocate, off_t)
FALLOCATE_AS(fallocate64, off64_t)

/* These two return the error and leave errno alone. */
#define POSIX_FALLOCATE_AS(name, offset_type)                                                     \
    int name(int file, offset_type offset, offset_type size)                                      \
    {                                                                                             \
        REAL(name);                                                                               \
        int error = fate(FALLOCATE, file, 0);                                                     \
        return error != NOTHING ? error : real(file, offset, size);                               \
    }

POSIX_FALLOCATE_AS(posix_fallocate, off_t)
POSIX_FALLOCATE_AS(posix_fallocate64, off64_t)
