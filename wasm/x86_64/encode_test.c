/* Every operation of mops.def that the tables encode, over registers that need a
 * prefix and registers that do not, and over every form of memory operand: encoded,
 * then read back by objdump, whose text must be what was meant. Fixed bytes for
 * some shapes stand first, so that something is tested where objdump is not there. */
#include <stdlib.h>
#include <unistd.h>

#include "tests/check.h"
#include "wasm/x86_64/encode.h"

static void *take(void *context, size_t size)
{
    (void)context;
    return malloc(size);
}

static void give(void *context, void *chunk, size_t size)
{
    (void)context;
    (void)size;
    free(chunk);
}

static struct arena memory;

static struct encoder fresh(void) { return (struct encoder){ .arena = &memory }; }

static struct mach_instr instr(enum mach_op op, unsigned size)
{
    return (struct mach_instr){ .op = (uint16_t)op,
                                .size = (uint8_t)size,
                                .d = MACH_NONE,
                                .a = MACH_NONE,
                                .b = MACH_NONE,
                                .x = MACH_NONE,
                                .c = MACH_NONE };
}

/* --- Fixed bytes */

static void expect(struct encoder *e, const char *hex)
{
    char got[64] = "";

    for (uint32_t i = 0; i < e->size && i < 20; i++)
        snprintf(got + strlen(got), 4, "%02x", e->bytes[i]);
    CHECK_TEXT(got, hex);
}

static void fixed_bytes(void)
{
    static const struct {
        const char *name;
        uint64_t value;
        uint32_t reg;
        const char *hex;
    } constants[] = {
        { "mov eax, 1", 1, RAX, "b801000000" },
        { "mov r9d, 0xffffffff", UINT32_MAX, R9, "41b9ffffffff" },
        { "mov rcx, -1, sign-extended", UINT64_MAX, RCX, "48c7c1ffffffff" },
        { "mov r10, 64 bits", 0x123456789abcdef0u, R10, "49baf0debc9a78563412" },
        { "mov rdx, 2^32", 1ull << 32, RDX, "48ba0000000001000000" },
    };
    static const struct {
        const char *name;
        struct encode_rm rm;
        const char *hex;
    } operands[] = {
        { "[rsp]", { true, RSP, ENCODE_NO_REG, 1, 0 }, "8b0424" },
        { "[rbp] needs a displacement", { true, RBP, ENCODE_NO_REG, 1, 0 }, "8b4500" },
        { "[r13] needs one, too", { true, R13, ENCODE_NO_REG, 1, 0 }, "418b4500" },
        { "[r12] needs a SIB", { true, R12, ENCODE_NO_REG, 1, 0 }, "418b0424" },
        { "[r14+r12]: r12 may be an index", { true, R14, R12, 1, 0 }, "438b0426" },
        { "[r14+rax+127]", { true, R14, RAX, 1, 127 }, "418b44067f" },
        { "[r14+rax+128]", { true, R14, RAX, 1, 128 }, "418b840680000000" },
        { "[rax*8-1] without a base", { true, ENCODE_NO_REG, RAX, 8, -1 }, "8b04c5ffffffff" },
        { "r15", { false, R15, ENCODE_NO_REG, 1, 0 }, "418bc7" },
    };

    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        struct encoder e = fresh();

        CASE(constants[i].name);
        encode_mov_imm(&e, constants[i].reg, constants[i].value);
        expect(&e, constants[i].hex);
    }
    for (size_t i = 0; i < sizeof operands / sizeof operands[0]; i++) {
        struct encoder e = fresh();

        CASE(operands[i].name);
        encode_int(&e, 0x8b, 4, RAX, operands[i].rm);
        expect(&e, operands[i].hex);
    }
}

static void byte_registers(void)
{
    struct encoder e = fresh();
    struct mach_instr in = instr(MOP_STORE, 1);

    CASE("a byte of rsi needs an empty REX prefix");
    in.b = RSI;
    in.mem = MEM_BASE;
    in.x = RAX;
    encode_mop(&e, &in);
    expect(&e, "408830");

    CASE("of rdx it does not");
    e = fresh();
    in.b = RDX;
    encode_mop(&e, &in);
    expect(&e, "8810");
}

/* --- What objdump must say */

static const char *const reg64[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                     "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };
static const char *const reg32[] = { "eax", "ecx", "edx",  "ebx",  "esp",  "ebp",  "esi",  "edi",
                                     "r8d", "r9d", "r10d", "r11d", "r12d", "r13d", "r14d", "r15d" };
static const char *const reg16[] = { "ax",  "cx",  "dx",   "bx",   "sp",   "bp",   "si",   "di",
                                     "r8w", "r9w", "r10w", "r11w", "r12w", "r13w", "r14w", "r15w" };
static const char *const reg8[] = { "al",  "cl",  "dl",   "bl",   "spl",  "bpl",  "sil",  "dil",
                                    "r8b", "r9b", "r10b", "r11b", "r12b", "r13b", "r14b", "r15b" };

struct text {
    char at[128];
};

static void add(struct text *t, const char *s)
{
    snprintf(t->at + strlen(t->at), sizeof t->at - strlen(t->at), "%s", s);
}

static void add_reg(struct text *t, uint32_t reg, unsigned size)
{
    char xmm[16];

    if (reg >= XMM0) {
        snprintf(xmm, sizeof xmm, "xmm%u", reg - XMM0);
        add(t, xmm);
    } else {
        add(t, (size == 8 ? reg64 : size == 4 ? reg32 : size == 2 ? reg16 : reg8)[reg]);
    }
}

static void add_imm(struct text *t, int64_t imm, unsigned size)
{
    char s[32];
    uint64_t mask = size == 8 ? UINT64_MAX : (1ull << size * 8) - 1;

    snprintf(s, sizeof s, "0x%llx", (unsigned long long)((uint64_t)imm & mask));
    add(t, s);
}

/* The memory operands that are tried. */
static const struct mach_instr memories[] = {
    { .mem = MEM_HEAP, .x = RCX, .disp = 0 },
    { .mem = MEM_HEAP, .x = R12, .disp = 0x7fffffff },
    { .mem = MEM_HEAP, .x = MACH_NONE, .disp = 0x40 },
    { .mem = MEM_HEAP_VIEW, .x = RBP, .disp = 0x12345 },
    { .mem = MEM_BASE, .x = R13, .disp = 0 },
    { .mem = MEM_CONTEXT, .x = MACH_NONE, .disp = 0x1000 },
    { .mem = MEM_FRAME, .x = MACH_NONE, .disp = 0x78 },
};

static void add_rm(struct text *t, const struct mach_instr *in, mach_operand o, unsigned size)
{
    static const char *const bases[] = { "", "r14", "", "r15", "rsp", "", "", "", "r11" };
    char s[64];

    if (in->mem == MEM_NONE && mach_is_slot(o)) {
        snprintf(s, sizeof s, "[rsp+0x%x]", o & ~MACH_SLOT);
        add(t, s);
        return;
    }
    if (in->mem == MEM_NONE) {
        add_reg(t, o, size);
        return;
    }
    add(t, "[");
    add(t, bases[in->mem]);
    if (in->x != MACH_NONE) {
        add(t, in->mem == MEM_BASE ? "" : "+");
        add(t, reg64[in->x]);
        add(t, in->mem == MEM_BASE ? "" : "*1");
    }
    /* objdump writes a displacement that is there for the encoding's sake, too */
    if (in->disp != 0 || (in->mem == MEM_BASE && (in->x & 7) == RBP)) {
        snprintf(s, sizeof s, "+0x%x", (unsigned)in->disp);
        add(t, s);
    }
    add(t, "]");
}

/* --- The cases: bytes, and what they must read as */

static struct {
    uint8_t *bytes;
    size_t size;
    struct line {
        size_t at;
        struct text want;
        enum mach_op op;
    } * lines;
    size_t count;
} cases;

static void add_case(const struct mach_instr *in, const struct text *want)
{
    struct encoder e = fresh();

    encode_mop(&e, in);
    cases.bytes = realloc(cases.bytes, cases.size + e.size + 1);
    cases.lines = realloc(cases.lines, (cases.count + 1) * sizeof *cases.lines);
    if (cases.bytes == NULL || cases.lines == NULL)
        abort();
    cases.lines[cases.count++] =
        (struct line){ .at = cases.size, .want = *want, .op = (enum mach_op)in->op };
    if (e.size > 0)
        memcpy(cases.bytes + cases.size, e.bytes, e.size);
    cases.size += e.size;
}

/* How an operation is tried: its name for objdump, and what its operands are. G a general
 * register of the operation's size, g one of 32 bits, x a vector, i an immediate; "m" after a
 * letter: may be memory. In the order of the text. d, a, b say which operand. */
struct spec {
    uint16_t op;
    const char *name;
    const char *operands;
    const char *sizes;
};

static const struct spec specs[] = {
    { MOP_MOV, "mov", "dG aG", "48" },
    { MOP_MOV32, "mov", "dg ag", "4" },
    { MOP_LOAD, "mov", "dG m", "48" },
    { MOP_MOVZX8, "movzx", "dg a1m", "4" },
    { MOP_MOVZX16, "movzx", "dg a2m", "4" },
    { MOP_MOVSX8, "movsx", "dG a1m", "48" },
    { MOP_MOVSX16, "movsx", "dG a2m", "48" },
    { MOP_MOVSX32, "movsxd", "dG agm", "8" },
    { MOP_STORE, "mov", "m bG", "1248" },
    { MOP_STOREI, "mov", "m i", "1248" },
    { MOP_LEA, "lea", "dG m", "48" },
    { MOP_ADD, "add", "dG bGm", "48" },
    { MOP_SUB, "sub", "dG bGm", "48" },
    { MOP_AND, "and", "dG bGm", "48" },
    { MOP_OR, "or", "dG bGm", "48" },
    { MOP_XOR, "xor", "dG bGm", "48" },
    { MOP_IMUL, "imul", "dG bGm", "48" },
    { MOP_ADDI, "add", "dG i", "48" },
    { MOP_SUBI, "sub", "dG i", "48" },
    { MOP_ANDI, "and", "dG i", "48" },
    { MOP_ORI, "or", "dG i", "48" },
    { MOP_XORI, "xor", "dG i", "48" },
    { MOP_IMULI, "imul", "dG aGm i", "48" },
    { MOP_NEG, "neg", "dG", "48" },
    { MOP_NOT, "not", "dG", "48" },
    { MOP_SHL, "shl", "dG cl", "48" },
    { MOP_SHR, "shr", "dG cl", "48" },
    { MOP_SAR, "sar", "dG cl", "48" },
    { MOP_ROL, "rol", "dG cl", "48" },
    { MOP_ROR, "ror", "dG cl", "48" },
    { MOP_SHLI, "shl", "dG s", "48" },
    { MOP_SHRI, "shr", "dG s", "48" },
    { MOP_SARI, "sar", "dG s", "48" },
    { MOP_ROLI, "rol", "dG s", "48" },
    { MOP_RORI, "ror", "dG s", "48" },
    { MOP_SHLX, "shlx", "dG aGm bG", "48" },
    { MOP_SHRX, "shrx", "dG aGm bG", "48" },
    { MOP_SARX, "sarx", "dG aGm bG", "48" },
    { MOP_RORX, "rorx", "dG aGm s", "48" },
    { MOP_ANDN, "andn", "dG aG bGm", "48" },
    { MOP_CMP, "cmp", "aG bGm", "48" },
    { MOP_CMPI, "cmp", "aGm i", "48" },
    { MOP_TEST, "test", "bG aG", "48" },
    { MOP_TESTI, "test", "aG t", "48" },
    { MOP_BT, "bt", "aG bG", "48" },
    { MOP_BTI, "bt", "aG s", "48" },
    { MOP_CMOV, "cmovle", "dG bGm", "48" },
    { MOP_LZCNT, "lzcnt", "dG aGm", "48" },
    { MOP_TZCNT, "tzcnt", "dG aGm", "48" },
    { MOP_POPCNT, "popcnt", "dG aGm", "48" },
    { MOP_ADDS, "adds", "dx bxm", "48" },
    { MOP_SUBS, "subs", "dx bxm", "48" },
    { MOP_MULS, "muls", "dx bxm", "48" },
    { MOP_DIVS, "divs", "dx bxm", "48" },
    { MOP_VADDS, "vadds", "dx ax bxm", "48" },
    { MOP_VSUBS, "vsubs", "dx ax bxm", "48" },
    { MOP_VMULS, "vmuls", "dx ax bxm", "48" },
    { MOP_VDIVS, "vdivs", "dx ax bxm", "48" },
    { MOP_ANDP, "andps", "dx bx", "4" },
    { MOP_VANDP, "vandps", "dx ax bx", "4" },
    { MOP_ANDNP, "andnps", "dx bx", "4" },
    { MOP_VORP, "vorps", "dx ax bx", "4" },
    { MOP_XORP, "xorps", "dx bx", "4" },
    { MOP_SQRTS, "sqrts", "dx axm", "48" },
    { MOP_VSQRTS, "vsqrts", "dx ax ax", "48" },
    { MOP_ROUNDS, "rounds", "dx axm s", "48" },
    { MOP_VROUNDS, "vrounds", "dx ax ax s", "48" },
    { MOP_PROMOTE, "cvtss2sd", "dx axm", "4" },
    { MOP_VPROMOTE, "vcvtss2sd", "dx ax ax", "4" },
    { MOP_DEMOTE, "cvtsd2ss", "dx axm", "8" },
    { MOP_UCOMIS, "ucomis", "ax bxm", "48" },
    { MOP_MOVD_XR, "mov", "dx aG", "48" },
    { MOP_MOVD_RX, "mov", "dG ax", "48" },
};

static bool is_scalar(enum mach_op op)
{
    return (mach_encodings[op].prefix & (P_S | P_P | P_ROUNDING)) != 0;
}

/* The text of one operand as its letters say. */
static void add_operand(struct text *t, const struct mach_instr *in, const char *letters)
{
    mach_operand o = letters[0] == 'd' ? in->d : letters[0] == 'a' ? in->a : in->b;
    unsigned size = letters[1] == 'g'                        ? 4
                    : letters[1] >= '1' && letters[1] <= '2' ? (unsigned)(letters[1] - '0')
                                                             : in->size;

    if (strchr("dab", letters[0]) == NULL) {
        if (letters[0] == 'c')
            add(t, "cl");
        else if (letters[0] == 'm')
            add_rm(t, in, MACH_NONE, size);
        else
            add_imm(t, in->imm,
                    letters[0] == 's'                     ? 1
                    : letters[0] == 't' && in->imm < 0x80 ? 1
                                                          : in->size);
    } else if (letters[strlen(letters) - 1] == 'm') {
        add_rm(t, in, o, size);
    } else {
        add_reg(t, o, size);
    }
}

static struct text want_text(const struct spec *s, const struct mach_instr *in)
{
    struct mach_instr narrow = *in;
    struct text t = { "" };
    char letters[4][4];
    int count =
        sscanf(s->operands, "%3s %3s %3s %3s", letters[0], letters[1], letters[2], letters[3]);

    if (s->op == MOP_TESTI && in->imm < 0x80) { /* the same flags come of eight bits */
        narrow.size = 1;
        in = &narrow;
    }
    add(&t, s->name);
    if (is_scalar((enum mach_op)s->op))
        add(&t, in->size == 8 ? "d" : "s");
    if (s->op == MOP_MOVD_XR || s->op == MOP_MOVD_RX)
        add(&t, in->size == 8 ? "q" : "d");
    for (int i = 0; i < count; i++) {
        add(&t, i == 0 ? " " : ",");
        add_operand(&t, in, letters[i]);
    }
    return t;
}

static bool takes_memory(const struct spec *s, char *which)
{
    const char *m = strchr(s->operands, 'm');

    *which = 0;
    if (m == NULL)
        return false;
    for (const char *p = m; p >= s->operands && *p != ' '; p--)
        *which = *p;
    return true;
}

static bool is_vector_operand(const struct spec *s, char which)
{
    for (const char *p = s->operands; *p != 0; p++)
        if (*p == which && p[1] == 'x' && (p == s->operands || p[-1] == ' '))
            return true;
    return false;
}

static mach_operand pick(const struct spec *s, char which, unsigned n)
{
    static const uint8_t general[] = { RAX, RSI, R9, RBP, R13, RDI };

    return is_vector_operand(s, which) ? XMM0 + n * 5 % 16 : general[n % 6];
}

static void try_registers(const struct spec *s, struct mach_instr in)
{
    for (unsigned n = 0; n < 12; n++) {
        struct text want;

        in.d = pick(s, 'd', n);
        in.a = pick(s, 'a', n / 2 + 1);
        in.b = pick(s, 'b', n / 3 + 2);
        in.imm = n % 2 == 0 ? (int32_t)n + 3 : 0x12345;
        if (strchr(s->operands, 's') != NULL)
            in.imm = (int32_t)n + 2;
        in.cc = 14;
        want = want_text(s, &in);
        add_case(&in, &want);
    }
}

static void try_memory(const struct spec *s, struct mach_instr in, char which)
{
    for (size_t m = 0; m < sizeof memories / sizeof memories[0]; m++) {
        struct text want;

        in.mem = memories[m].mem;
        in.x = memories[m].x;
        in.disp = memories[m].disp;
        in.d = pick(s, 'd', (unsigned)m);
        in.a = which == 'a' || which == 'm' ? MACH_NONE : pick(s, 'a', (unsigned)m + 1);
        in.b = which == 'b' ? MACH_NONE : pick(s, 'b', (unsigned)m + 2);
        in.imm = m % 2 == 0 ? 5 : 0x71;
        want = want_text(s, &in);
        add_case(&in, &want);
    }
}

static void try_spec(const struct spec *s)
{
    for (const char *size = s->sizes; *size != 0; size++) {
        struct mach_instr in = instr((enum mach_op)s->op, (unsigned)(*size - '0'));
        char which;

        in.cc = 14;
        if (!takes_memory(s, &which) || which != 'm')
            try_registers(s, in);
        if (takes_memory(s, &which))
            try_memory(s, in, which);
    }
}

/* --- The vector operations of mops_vector.def: their names and forms say all */

static bool has_general(const char *name, const char *start)
{
    return strncmp(name[0] == 'v' ? name + 1 : name, start, strlen(start)) == 0;
}

/* The operands of a form, in the order of the text. */
static const char *form_operands(const char *name, const struct mach_encoding *m)
{
    bool vex = (m->prefix & P_VEX) != 0, wide = (m->prefix & P_WSIZE) != 0;

    switch ((enum encode_form)m->form) {
    case FORM_RM: return vex ? "dx ax bxm" : "dx bxm";
    case FORM_RMA:
        return has_general(name, "pmovmskb") || has_general(name, "movmsk") ? "dg ax" : "dx axm";
    case FORM_RMA8: return "dx axm s";
    case FORM_RM8:
        if (has_general(name, "pinsr"))
            return vex ? wide ? "dx ax bGm s" : "dx ax bgm s" : wide ? "dx bGm s" : "dx bgm s";
        return vex ? "dx ax bxm s" : "dx bxm s";
    case FORM_MI8_V: return vex ? "dx ax s" : "ax s"; /* d is a */
    case FORM_DA8: return wide ? "dG ax s" : "dg ax s";
    case FORM_MR8: return "m bx s";
    case FORM_AB: return "ax bx";
    default: return NULL;
    }
}

static void try_vector(enum mach_op op)
{
    const struct mach_encoding *m = &mach_encodings[op];
    char name[24] = "";
    struct spec s = { (uint16_t)op, name, NULL, "4" };
    char *suffix;

    for (size_t i = 0; mach_op_names[op][i] != 0 && i + 1 < sizeof name; i++)
        name[i] = (char)(mach_op_names[op][i] | (mach_op_names[op][i] == '_' ? 0 : 0x20));
    if ((suffix = strstr(name, "_st")) != NULL)
        *suffix = 0;
    if (m->form == FORM_MI8_V)
        name[strlen(name) - 1] = 0; /* the I of "immediate" */
    s.operands = form_operands(name, m);
    if (s.operands == NULL || has_general(name, "cmpp")) /* which reads as one of 32 others */
        return;
    if (is_scalar(op))
        s.sizes = "48";
    try_spec(&s);
    if (m->prefix & P_WSIZE) {
        name[strlen(name) - 1] = 'q';
        s.sizes = "8";
        try_spec(&s);
    }
}

static void make_cases(void)
{
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++)
        try_spec(&specs[i]);
    for (unsigned op = MOP_PUNPCKLBW; op < MOP_COUNT; op++)
        if (mach_encodings[op].form != FORM_SPECIAL)
            try_vector((enum mach_op)op);
}

/* --- Reading back */

/* The instruction's text without sizes of memory and without comments or needless spaces. */
static void normalize(char *line)
{
    static const char *const drop[] = { "DWORD PTR ", "QWORD PTR ", "XMMWORD PTR ",
                                        "WORD PTR ",  "BYTE PTR ",  "ds:" };
    char *hash = strchr(line, '#'), *to = line;

    if (hash != NULL)
        *hash = 0;
    for (size_t i = 0; i < sizeof drop / sizeof drop[0]; i++)
        for (char *at; (at = strstr(line, drop[i])) != NULL;)
            memmove(at, at + strlen(drop[i]), strlen(at + strlen(drop[i])) + 1);
    for (char *from = line; *from != 0; from++)
        if (*from != '\n' && !(*from == ' ' && (from[1] == ' ' || from[1] == 0 || from[1] == '\n')))
            *to++ = *from;
    *to = 0;
}

static void compare(FILE *listing)
{
    char line[256];
    size_t next = 0;

    while (fgets(line, sizeof line, listing) != NULL && next < cases.count) {
        unsigned long at;
        char *tab = strchr(line, '\t');

        if (tab == NULL || sscanf(line, " %lx:", &at) != 1)
            continue;
        CASE(cases.lines[next].want.at);
        CHECK_EQ(at, cases.lines[next].at);
        normalize(tab + 1);
        CHECK_TEXT(tab + 1, cases.lines[next].want.at);
        if (at != cases.lines[next].at)
            break;
        next++;
    }
    CASE("all were read");
    CHECK_EQ(next, cases.count);
}

static void against_objdump(void)
{
    char path[] = "/tmp/broch-encode-XXXXXX", command[160];
    int fd = mkstemp(path);
    FILE *listing;

    make_cases();
    if (fd < 0 || write(fd, cases.bytes, cases.size) != (ssize_t)cases.size)
        return;
    close(fd);
    snprintf(command, sizeof command,
             "objdump -D -b binary -m i386:x86-64 -M intel --no-show-raw-insn %s 2>/dev/null",
             path);
    listing = popen(command, "r");
    if (listing != NULL) {
        int c = fgetc(listing);

        CASE("objdump");
        if (c == EOF) {
            CASE_SKIP("not there");
        } else {
            ungetc(c, listing);
            compare(listing);
        }
        pclose(listing);
    }
    unlink(path);
}

int main(void)
{
    arena_init(&memory, (struct arena_source){ .take = take, .give = give }, (size_t)1 << 28);
    fixed_bytes();
    byte_registers();
    against_objdump();
    arena_done(&memory);
    free(cases.bytes);
    free(cases.lines);
    return check_done();
}
