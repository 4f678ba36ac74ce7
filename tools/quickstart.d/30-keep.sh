# What a keep gives, on this machine. Sourced by ./quickstart.
# shellcheck shell=bash
say "what a keep of this machine gives"
show build/broch platform
cat <<'END'

Both programs ran in a *process keep*: a jailed process that could touch the one
folder it was handed, and nothing else.
  protected:      this machine from the program, and programs from each other
  not protected:  the program from this machine; root here can read its memory.
                  That takes hardware keeps, which this release does not have yet.
The workload digest names the program exactly: the same module gives the same
digest on every machine. README.md goes on from here; `build/broch help` does too.
END
