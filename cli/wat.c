#define _GNU_SOURCE

#include "cli/wat.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "host/files.h"

extern char **environ;

bool wat_is(const char *path)
{
    size_t size = strlen(path);

    return size > 4 && strcmp(path + size - 4, ".wat") == 0;
}

static char *source_name(const char *path)
{
    char *source = NULL;

    return asprintf(&source, "%s%s", path[0] == '-' ? "./" : "", path) < 0 ? NULL : source;
}

/* Runs wat2wasm with its output in one memory file and its complaints in
 * another, and gives its exit status, or -1 with errno. */
static int wat2wasm_run(const char *path, int out, int complaints)
{
    char target[64], program[] = "wat2wasm", all[] = "--enable-all", to[] = "-o";
    /* A name that begins with '-' is a file all the same. */
    char *source = source_name(path);
    char *argv[] = { program, all, source, to, target, NULL };
    posix_spawn_file_actions_t actions;
    int status = -1, error;
    pid_t pid;

    /* Numbers that nothing of the child's own can take. */
    snprintf(target, sizeof target, "/dev/fd/%d", 9);
    error = source == NULL ? ENOMEM : posix_spawn_file_actions_init(&actions);
    if (error == 0) {
        posix_spawn_file_actions_adddup2(&actions, complaints, 1);
        posix_spawn_file_actions_adddup2(&actions, complaints, 2);
        posix_spawn_file_actions_adddup2(&actions, out, 9);
        error = posix_spawnp(&pid, program, &actions, NULL, argv, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    free(source);
    if (error != 0) {
        errno = error;
        return -1;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static void first_line(struct note *note, int fd, const char *path)
{
    char text[400];
    ssize_t size = pread(fd, text, sizeof text - 1, 0);

    text[size > 0 ? size : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    if (text[0] != '\0')
        note_set(note, "%s", text);
    else
        note_set(note, "%s: wat2wasm refuses it", path);
}

static enum err contents_read(struct bytes *out, int fd, struct note *note)
{
    struct stat st;
    uint8_t *room = NULL;

    if (fstat(fd, &st) == 0 && st.st_size > 0 && (uint64_t)st.st_size <= LIMIT_MODULE_SIZE)
        room = malloc((size_t)st.st_size);
    if (room == NULL || pread(fd, room, (size_t)st.st_size, 0) != st.st_size) {
        note_set(note, "cannot read what wat2wasm wrote");
        free(room);
        return ERR_IO;
    }
    *out = (struct bytes){ room, (size_t)st.st_size };
    return ERR_OK;
}

enum err wat_read(struct bytes *out, const char *path, struct note *note)
{
    int made = memfd_create("wasm", MFD_CLOEXEC), complaints = memfd_create("log", MFD_CLOEXEC);
    enum err e = ERR_IO;
    int status;

    if (made < 0 || complaints < 0) {
        note_set_errno(note, errno, "cannot make a memory file");
        goto done;
    }
    if (access(path, R_OK) != 0) {
        note_set_errno(note, errno, "%s", path);
        goto done;
    }
    status = wat2wasm_run(path, made, complaints);
    if (status < 0) {
        note_set_errno(note, errno, "%s is text, and wat2wasm (package wabt) does not start", path);
        e = ERR_UNSUPPORTED;
    } else if (status != 0) {
        first_line(note, complaints, path);
        e = ERR_MALFORMED;
    } else {
        e = contents_read(out, made, note);
    }
done:
    if (made >= 0)
        close(made);
    if (complaints >= 0)
        close(complaints);
    return e;
}
