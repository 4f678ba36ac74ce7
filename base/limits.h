/* limits.h: every ceiling that Broch puts on what others send it, with its
 * reason. Nothing else in the tree decides how large a hostile thing may be. */
#ifndef BROCH_BASE_LIMITS_H
#define BROCH_BASE_LIMITS_H

/* --- A WebAssembly module. The counts are those of the WebAssembly JavaScript
 * interface (section "Implementation-defined limits"), so that a module which
 * loads in a browser loads here; reasons are given where ours differ. */
#define LIMIT_MODULE_SIZE (1024u * 1024 * 1024)
#define LIMIT_TYPES 1000000u
#define LIMIT_FUNCTIONS 1000000u
#define LIMIT_IMPORTS 1000000u
#define LIMIT_EXPORTS 1000000u
#define LIMIT_GLOBALS 1000000u
#define LIMIT_TAGS 1000000u
#define LIMIT_DATA_SEGMENTS 100000u
#define LIMIT_ELEMENT_SEGMENTS 10000000u
#define LIMIT_TABLES 100000u
/* Each memory reserves address space; an index fits the 8 bits that an access
 * carries through the compiler. */
#define LIMIT_MEMORIES 100u
#define LIMIT_PARAMS 1000u
#define LIMIT_RESULTS 1000u
#define LIMIT_FUNCTION_SIZE 7654321u
#define LIMIT_LOCALS 50000u
#define LIMIT_BR_TABLE 65520u
/* Nesting of blocks in one body: the validator's control stack. */
#define LIMIT_NESTING 50000u
/* Operands on the validator's stack at one point. */
#define LIMIT_OPERANDS 1000000u
#define LIMIT_NAME_SIZE 100000u
#define LIMIT_TABLE_ELEMENTS 10000000u
#define LIMIT_MEMORY32_PAGES 65536u
/* 64-bit memories: 16 GiB of pages, so that address space can be reserved for
 * the whole of one plus its guard. */
#define LIMIT_MEMORY64_PAGES 262144u

/* --- The compiler. */
/* Bytes of one stack frame: checked against the stack limit in one comparison. */
#define LIMIT_FRAME_SIZE (1u << 20)
/* Machine code of one module: branches reach it with 32 bits. */
#define LIMIT_CODE_SIZE (1u << 30)
/* Compile memory that every function may use, whatever its size. */
#define LIMIT_COMPILE_FLOOR (64u << 20)
/* Compile memory for each byte of the function's body beyond that. Ruby 3.4 and
 * Perl 5, rewritten so that they can be suspended, have functions that take up
 * to 440. */
#define LIMIT_COMPILE_PER_BYTE 512u
/* And at most, so that no body of 7 MB takes 4 GB. */
#define LIMIT_COMPILE_MOST (1u << 30)

/* --- Running. */
/* A backtrace keeps the innermost frames. */
#define LIMIT_BACKTRACE 64u
/* Bytes of WebAssembly stack where nobody asked for another size, and at most. */
#define LIMIT_STACK_DEFAULT (1u << 20)
#define LIMIT_STACK_MOST (1u << 30)
/* Room that a stack keeps below its limit for leaf functions and the runtime. */
#define LIMIT_STACK_SLACK (64u << 10)
/* Live exception objects of one store before unreachable ones are collected. */
#define LIMIT_EXCEPTIONS 65536u

/* --- A tree of files (codec/archive.h). */
/* Files, folders and links: looking each up is cheap, copying a million is not. */
#define LIMIT_ARCHIVE_ENTRIES 100000u
/* What a program may keep in one tree, names and nodes counted: it is all in memory. */
#define LIMIT_ARCHIVE_CONTENTS (1ull << 30)
/* The bytes of an archive: contents, and what lies between them. */
#define LIMIT_ARCHIVE_SIZE (2ull << 30)
/* Folders inside folders, where they are those of a host: each step is an open. */
#define LIMIT_ARCHIVE_DEPTH 1024u

#endif
