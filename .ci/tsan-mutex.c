// Tells the thread sanitizer of the contended way through Swift's Mutex, which .ci/sanitize preloads.
//
// On Linux a Mutex is a futex. What is inlined of it is instrumented with the code that uses it; the two functions for
// a lock that is taken are in the Swift runtime, which is not, so that each contended Mutex would be a false finding.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdint.h>

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context))

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

typedef SWIFT void Lock(uint32_t thread, SELF void *mutex);
typedef SWIFT void Unlock(SELF void *mutex);
typedef void Order(void *address);

// Programs without the sanitizer, which begin the tests, have neither of its functions.
static void order(const char *name, void *address) {
    Order *function = (Order *)dlsym(RTLD_DEFAULT, name);
    if (function) function(address);
}

SWIFT void lock_slow(uint32_t thread, SELF void *mutex) __asm__(LOCK);
SWIFT void lock_slow(uint32_t thread, SELF void *mutex) {
    ((Lock *)dlsym(RTLD_NEXT, LOCK))(thread, mutex);
    order("__tsan_acquire", mutex);
}

SWIFT void unlock_slow(SELF void *mutex) __asm__(UNLOCK);
SWIFT void unlock_slow(SELF void *mutex) {
    order("__tsan_release", mutex);
    ((Unlock *)dlsym(RTLD_NEXT, UNLOCK))(mutex);
}
