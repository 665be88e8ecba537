/* Put in front of the C library: writes fail as they do on a bad disk, as long as the file named by BAD_DISK exists. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* A page of LMDB is larger than this; what makes a transaction valid is smaller. */
#define META_SIZE 1000

static int is_bad(const char *variable) {
  const char *path = getenv(variable);
  return path != NULL && access(path, F_OK) == 0;
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t offset) {
  ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
  if (is_bad("BAD_META") && size < META_SIZE) {
    errno = EIO;
    return -1;
  }
  return real(file, bytes, size, offset);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) { return pwrite64(file, bytes, size, offset); }

int fdatasync(int file) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  if (is_bad("BAD_SYNC")) {
    errno = EIO;
    return -1;
  }
  return real(file);
}
