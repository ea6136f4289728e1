// A preloaded library under a log's files: what was not synchronised dies with the process (reliability R-11).
//
// Writes to a file of the log stay in memory until fsync or fdatasync of that file succeeds, so that SIGKILL has the
// effect of a power cut. Files whose names end in -shm or -lock are left alone: the one is mapped, the other is a hint.
// Reads see what was written.
//
// Faults come from the file that FAULT_FILE names, one line "ACTION OPERATION SUFFIX":
//     ACTION     fail (EIO), full (ENOSPC), stay (EIO as long as the file is there), before, after (SIGKILL then)
//     OPERATION  sync, write, read, truncate
//     SUFFIX     of the file's name, such as -wal
// Every action but stay happens once: the file is removed first. The wall clock is shifted by the seconds that the file
// named by CLOCK_FILE holds. With LOSE=0 writes are not held back. With LIE=1 synchronising does nothing and says that
// it was done.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct image {
    dev_t device;
    ino_t inode;
    char name[512];
    unsigned char *bytes;
    off_t size, room;
    int dirty, users;
    struct image *next;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct image *images;
static struct image *by_descriptor[4096];

#define REAL(result, name, ...) \
    static result (*real_##name)(__VA_ARGS__); \
    if (!real_##name) real_##name = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, #name);

static ssize_t raw_pread(int descriptor, void *bytes, size_t count, off_t offset) {
    REAL(ssize_t, pread64, int, void *, size_t, off_t)
    return real_pread64(descriptor, bytes, count, offset);
}

static ssize_t raw_pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    REAL(ssize_t, pwrite64, int, const void *, size_t, off_t)
    return real_pwrite64(descriptor, bytes, count, offset);
}

static int raw_fstat(int descriptor, struct stat64 *status) {
    REAL(int, fstat64, int, struct stat64 *)
    return real_fstat64(descriptor, status);
}

static int ends_with(const char *text, const char *end) {
    size_t a = strlen(text), b = strlen(end);
    return a >= b && !strcmp(text + a - b, end);
}

static int is_held(const char *path) {
    const char *part = getenv("HELD_FILES");
    return part && strstr(path, part) && !ends_with(path, "-shm") && !ends_with(path, "-lock");
}

static int loses(void) {
    const char *text = getenv("LOSE");
    return !text || strcmp(text, "0");
}

// What the fault file asks for here: 0 nothing, an error number, or -1 for SIGKILL after the operation.
static int fault(const char *operation, const struct image *image) {
    const char *path = getenv("FAULT_FILE");
    char line[256], action[32], wanted[32], suffix[128];
    if (!path) return 0;
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return 0;
    REAL(ssize_t, read, int, void *, size_t)
    ssize_t count = real_read(descriptor, line, sizeof line - 1);
    REAL(int, close, int)
    real_close(descriptor);
    line[count > 0 ? count : 0] = 0;
    if (sscanf(line, "%31s %31s %127s", action, wanted, suffix) != 3) return 0;
    if (strcmp(wanted, operation) || !ends_with(image->name, suffix)) return 0;
    if (!strcmp(action, "stay")) return EIO;
    unlink(path);
    if (!strcmp(action, "fail")) return EIO;
    if (!strcmp(action, "full")) return ENOSPC;
    if (!strcmp(action, "before")) raise(SIGKILL);
    return -1;
}

static struct image *image_of(int descriptor) {
    return descriptor >= 0 && descriptor < 4096 ? by_descriptor[descriptor] : NULL;
}

static void reserve(struct image *image, off_t size) {
    if (size <= image->room) return;
    off_t room = size * 2 + 65536;
    image->bytes = realloc(image->bytes, room);
    memset(image->bytes + image->room, 0, room - image->room);
    image->room = room;
}

static void hold(int descriptor, const char *path) {
    struct stat64 status;
    if (descriptor < 0 || descriptor >= 4096 || !is_held(path) || raw_fstat(descriptor, &status)) return;
    if (!S_ISREG(status.st_mode)) return;
    pthread_mutex_lock(&mutex);
    struct image *image = images;
    while (image && (image->device != status.st_dev || image->inode != status.st_ino)) image = image->next;
    if (!image) {
        image = calloc(1, sizeof *image);
        image->device = status.st_dev;
        image->inode = status.st_ino;
        reserve(image, status.st_size);
        image->size = status.st_size;
        // A file opened only for writing cannot be read here, and none of the log's is.
        if (raw_pread(descriptor, image->bytes, status.st_size, 0) < 0) image->size = 0;
        image->next = images;
        images = image;
    }
    snprintf(image->name, sizeof image->name, "%s", path);
    image->users++;
    by_descriptor[descriptor] = image;
    pthread_mutex_unlock(&mutex);
}

static int open_with(const char *name, int directory, const char *path, int flags, mode_t mode) {
    int (*real)(int, const char *, int, ...) = (int (*)(int, const char *, int, ...))dlsym(RTLD_NEXT, name);
    int descriptor = real(directory, path, flags, mode);
    hold(descriptor, path);
    return descriptor;
}

#define OPEN(name, before, directory) \
    int name(before const char *path, int flags, ...) { \
        va_list list; \
        va_start(list, flags); \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0; \
        va_end(list); \
        return open_with("openat64", directory, path, flags, mode); \
    }
#define COMMA ,
OPEN(open, , AT_FDCWD)
OPEN(open64, , AT_FDCWD)
OPEN(openat, int at COMMA, at)

int close(int descriptor) {
    REAL(int, close, int)
    pthread_mutex_lock(&mutex);
    struct image *image = image_of(descriptor);
    if (image) {
        by_descriptor[descriptor] = NULL;
        // What nobody has open keeps its unsynchronised bytes: another open of the file sees them, a kill loses them.
        if (!--image->users && !image->dirty) {
            struct image **place = &images;
            while (*place != image) place = &(*place)->next;
            *place = image->next;
            free(image->bytes);
            free(image);
        }
    }
    pthread_mutex_unlock(&mutex);
    return real_close(descriptor);
}

static ssize_t held_write(int descriptor, struct image *image, const void *bytes, size_t count, off_t offset) {
    int error = fault("write", image);
    if (error > 0) {
        errno = error;
        return -1;
    }
    pthread_mutex_lock(&mutex);
    reserve(image, offset + (off_t)count);
    memcpy(image->bytes + offset, bytes, count);
    if (offset + (off_t)count > image->size) image->size = offset + (off_t)count;
    image->dirty = 1;
    pthread_mutex_unlock(&mutex);
    if (!loses()) raw_pwrite(descriptor, bytes, count, offset);
    if (error) raise(SIGKILL);
    return (ssize_t)count;
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off_t offset) {
    struct image *image = image_of(descriptor);
    return image ? held_write(descriptor, image, bytes, count, offset) : raw_pwrite(descriptor, bytes, count, offset);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
    return pwrite64(descriptor, bytes, count, offset);
}

ssize_t pread64(int descriptor, void *bytes, size_t count, off_t offset) {
    struct image *image = image_of(descriptor);
    if (!image) return raw_pread(descriptor, bytes, count, offset);
    int error = fault("read", image);
    if (error > 0) {
        errno = error;
        return -1;
    }
    pthread_mutex_lock(&mutex);
    off_t rest = offset < image->size ? image->size - offset : 0;
    size_t got = (off_t)count < rest ? count : (size_t)rest;
    memcpy(bytes, image->bytes + offset, got);
    pthread_mutex_unlock(&mutex);
    return (ssize_t)got;
}

ssize_t pread(int descriptor, void *bytes, size_t count, off_t offset) {
    return pread64(descriptor, bytes, count, offset);
}

int ftruncate64(int descriptor, off_t size) {
    REAL(int, ftruncate64, int, off_t)
    struct image *image = image_of(descriptor);
    if (!image) return real_ftruncate64(descriptor, size);
    int error = fault("truncate", image);
    if (error > 0) {
        errno = error;
        return -1;
    }
    pthread_mutex_lock(&mutex);
    reserve(image, size);
    if (size < image->size) memset(image->bytes + size, 0, image->size - size);
    image->size = size;
    image->dirty = 1;
    pthread_mutex_unlock(&mutex);
    if (error) raise(SIGKILL);
    return loses() ? 0 : real_ftruncate64(descriptor, size);
}

int ftruncate(int descriptor, off_t size) { return ftruncate64(descriptor, size); }

int fstat64(int descriptor, struct stat64 *status) {
    int result = raw_fstat(descriptor, status);
    pthread_mutex_lock(&mutex);
    struct image *image = image_of(descriptor);
    if (!result && image) status->st_size = image->size;
    pthread_mutex_unlock(&mutex);
    return result;
}

int fstat(int descriptor, struct stat *status) { return fstat64(descriptor, (struct stat64 *)status); }

static int stat_with(const char *name, const char *path, struct stat64 *status) {
    int (*real)(const char *, struct stat64 *) = (int (*)(const char *, struct stat64 *))dlsym(RTLD_NEXT, name);
    int result = real(path, status);
    if (result) return result;
    pthread_mutex_lock(&mutex);
    for (struct image *image = images; image; image = image->next)
        if (image->device == status->st_dev && image->inode == status->st_ino) status->st_size = image->size;
    pthread_mutex_unlock(&mutex);
    return result;
}

int stat64(const char *path, struct stat64 *status) { return stat_with("stat64", path, status); }
int stat(const char *path, struct stat *status) { return stat_with("stat64", path, (struct stat64 *)status); }

int unlink(const char *path) {
    REAL(int, unlink, const char *)
    struct stat64 status;
    int (*real_stat)(const char *, struct stat64 *) = (int (*)(const char *, struct stat64 *))dlsym(RTLD_NEXT, "stat64");
    int is_there = !real_stat(path, &status);
    int result = real_unlink(path);
    if (result || !is_there) return result;
    pthread_mutex_lock(&mutex);
    // The next file may get the same number.
    for (struct image *image = images; image; image = image->next)
        if (image->device == status.st_dev && image->inode == status.st_ino) image->inode = 0;
    pthread_mutex_unlock(&mutex);
    return result;
}

// What a failed synchronisation did not write is forgotten as dirty: that is what a kernel may do.
static int held_sync(int descriptor, struct image *image, int (*real)(int)) {
    REAL(int, ftruncate64, int, off_t)
    if (getenv("LIE")) return 0;
    int error = fault("sync", image);
    pthread_mutex_lock(&mutex);
    if (error <= 0 && image->dirty && loses()) {
        if (real_ftruncate64(descriptor, image->size)) error = EIO;
        if (raw_pwrite(descriptor, image->bytes, image->size, 0) != image->size) error = EIO;
    }
    image->dirty = 0;
    pthread_mutex_unlock(&mutex);
    if (error > 0) {
        errno = error;
        return -1;
    }
    int result = real(descriptor);
    if (error) raise(SIGKILL);
    return result;
}

int fsync(int descriptor) {
    REAL(int, fsync, int)
    struct image *image = image_of(descriptor);
    return image ? held_sync(descriptor, image, real_fsync) : real_fsync(descriptor);
}

int fdatasync(int descriptor) {
    REAL(int, fdatasync, int)
    struct image *image = image_of(descriptor);
    return image ? held_sync(descriptor, image, real_fdatasync) : real_fdatasync(descriptor);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    REAL(int, clock_gettime, clockid_t, struct timespec *)
    int result = real_clock_gettime(clock, time);
    const char *path = getenv("CLOCK_FILE");
    if (result || clock != CLOCK_REALTIME || !path) return result;
    char text[32];
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) return result;
    REAL(ssize_t, read, int, void *, size_t)
    ssize_t count = real_read(descriptor, text, sizeof text - 1);
    close(descriptor);
    text[count > 0 ? count : 0] = 0;
    time->tv_sec += atol(text);
    return result;
}
