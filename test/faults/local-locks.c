/*
 * Preloaded, it makes a directory look to a process as on NFS that is mounted without locks: locks on files below
 * SHARED_ROOT reach only the processes of the same LOCKS, a directory of each "machine" with one file for each file that is
 * locked, and statfs(2) tells of NFS.  For tests where there is no FUSE; POSIX locks only, as SQLite takes them.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define NFS_SUPER_MAGIC 0x6969
#define MOST_FILES 1024

static int is_shared(const char *path) {
  const char *root = getenv("SHARED_ROOT");
  size_t length = root ? strlen(root) : 0;
  return length > 0 && strncmp(path, root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* Where locks of a shared file are taken instead.  It stays open: to close a file ends all locks of the process on it. */
static int stand_in(dev_t device, ino_t inode) {
  static struct { dev_t device; ino_t inode; int fd; } known[MOST_FILES];
  static int count = 0;
  static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  int fd = -1, i;
  pthread_mutex_lock(&mutex);
  for (i = 0; i < count; i++)
    if (known[i].device == device && known[i].inode == inode) fd = known[i].fd;
  if (fd < 0 && count < MOST_FILES) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%lx-%lx", getenv("LOCKS"), (unsigned long)device, (unsigned long)inode);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0) {
      known[count].device = device;
      known[count].inode = inode;
      known[count++].fd = fd;
    }
  }
  pthread_mutex_unlock(&mutex);
  return fd;
}

/* The descriptor to lock instead of this one: itself where it is not of a shared file, -1 where there is none. */
static int locked_instead(int fd) {
  char link[64], path[4096];
  struct stat file;
  ssize_t length;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, sizeof path - 1);
  if (length <= 0) return fd;
  path[length] = 0;
  if (!is_shared(path) || fstat(fd, &file) != 0) return fd;
  return stand_in(file.st_dev, file.st_ino);
}

#define FCNTL(name)                                                                  \
  int name(int fd, int command, ...) {                                               \
    static int (*real)(int, int, ...);                                               \
    va_list arguments;                                                               \
    va_start(arguments, command);                                                    \
    void *argument = va_arg(arguments, void *);                                      \
    va_end(arguments);                                                               \
    if (!real) real = (int (*)(int, int, ...))dlsym(RTLD_NEXT, #name);               \
    if (command == F_SETLK || command == F_SETLKW || command == F_GETLK) {           \
      fd = locked_instead(fd);                                                       \
      if (fd < 0) {                                                                  \
        errno = ENOLCK;                                                              \
        return -1;                                                                   \
      }                                                                              \
    }                                                                                \
    return real(fd, command, argument);                                              \
  }

FCNTL(fcntl)
FCNTL(fcntl64)

#define STATFS(name, type)                                                           \
  int name(const char *path, struct type *found) {                                   \
    static int (*real)(const char *, struct type *);                                 \
    if (!real) real = (int (*)(const char *, struct type *))dlsym(RTLD_NEXT, #name); \
    int status = real(path, found);                                                  \
    if (status == 0 && is_shared(path)) found->f_type = NFS_SUPER_MAGIC;             \
    return status;                                                                   \
  }

STATFS(statfs, statfs)
STATFS(statfs64, statfs64)
