/* Prologue and epilogue: where rsp moves, and the kept registers go away and come back.
 *
 *   cmp rsp, [r15]          or  lea r11, [rsp - frame]   cmp r11, [r15]
 *   jb trap                 a WASM_TRAP_STACK, the frame is not made yet
 *   push rbx, rbp, r12, r13 those in code->saved
 *   sub rsp, frame
 *
 *   add rsp, frame
 *   pop …
 *   ret, or a jump that leaves
 *
 * Between the two rsp stands still, so that a frame access is judged by its
 * displacement. Nothing jumps into either. */
#include "base/limits.h"
#include "wasm/verify/verify.h"

const uint8_t verify_kept_regs[4] = { REG_RBX, REG_RBP, REG_R12, REG_R13 };

/* How far below the limit a frame may reach that asked for nothing, and one that asked only
 * for rsp. Both, a trap's return address and the runtime's thunks are within
 * LIMIT_STACK_SLACK. */
enum { FRAME_UNASKED = 2048 + 32, FRAME_ASKED_SHORT = 4096 + 32 };
_Static_assert(FRAME_ASKED_SHORT + FRAME_UNASKED + 4096 <= LIMIT_STACK_SLACK, "slack");

/* The stub that the check jumps to: reached from nowhere else, since only here is there
 * no frame. walk.c refuses others that say WASM_TRAP_STACK. */
static bool is_stack_stub(struct verify *v, uint32_t at)
{
    const struct wasm_site_entry *s;
    struct insn in;

    if (!verify_decode(v, &in, at) || in.op != INSN_CALL_INDIRECT ||
        !insn_is_of_context(&in, WASM_CONTEXT_TRAP_EXIT))
        return false;
    s = verify_site(v, in.next, WASM_SITE_TRAP);
    return s != NULL && s->trap == WASM_TRAP_STACK;
}

/* cmp reg, [r15 + stack_limit]; jb stub. `at` moves past both. */
static bool take_check(struct verify *v, uint32_t *at, uint8_t reg)
{
    struct insn in;

    if (!verify_decode(v, &in, *at) || in.op != INSN_CMP || in.width != 8 || in.reg != reg ||
        !insn_is_of_context(&in, WASM_CONTEXT_STACK_LIMIT))
        return false;
    if (!verify_decode(v, &in, in.next) || in.op != INSN_JCC || in.cc != COND_B ||
        !is_stack_stub(v, in.target))
        return false;
    *at = in.next;
    return true;
}

/* How much stack the check at the start answers for. */
static uint32_t take_asked(struct verify *v, uint32_t *at)
{
    uint32_t after;
    struct insn in;

    if (take_check(v, at, REG_RSP))
        return FRAME_ASKED_SHORT;
    if (!verify_decode(v, &in, *at) || in.op != INSN_LEA || in.width != 8 || in.reg != REG_R11 ||
        in.base != REG_RSP || in.index != REG_NONE || in.disp >= 0)
        return 0;
    after = in.next;
    if (!take_check(v, &after, REG_R11))
        return 0;
    *at = after;
    return (uint32_t) - (int64_t)in.disp + 32; /* the pushes are within the slack */
}

static bool take_pushes(struct verify *v, uint32_t *at)
{
    struct insn in;

    for (unsigned i = 0; i < 4; i++) {
        if (!(v->code->saved >> i & 1))
            continue;
        if (!verify_decode(v, &in, *at) || in.op != INSN_PUSH || in.reg != verify_kept_regs[i])
            return verify_refuse(v, *at, "prologue: pushes");
        *at = in.next;
    }
    return true;
}

bool verify_prologue(struct verify *v)
{
    const struct wasm_code *c = v->code;
    uint32_t pushed = 8 * (uint32_t)__builtin_popcount(c->saved), at = 0, asked;
    struct insn in;

    if (c->saved > 15 || c->frame_size % 8 != 0 || c->frame_size < pushed ||
        c->frame_size > LIMIT_FRAME_SIZE)
        return verify_refuse(v, 0, "frame size");
    v->frame = c->frame_size - pushed;
    asked = take_asked(v, &at);
    if (c->frame_size > asked && (v->has_calls || asked != 0 || c->frame_size > FRAME_UNASKED))
        return verify_refuse(v, 0, "prologue: stack check");
    if (asked == 0 && v->has_calls)
        return verify_refuse(v, 0, "prologue: no stack check");
    if (!take_pushes(v, &at))
        return false;
    if (v->frame != 0) {
        if (!verify_decode(v, &in, at) || in.op != INSN_SUB_IMM || in.width != 8 || in.has_mem ||
            in.rm != REG_RSP || in.imm != (int64_t)v->frame)
            return verify_refuse(v, at, "prologue: frame");
        at = in.next;
    }
    v->body = at;
    return at < c->text_size || verify_refuse(v, at, "text runs out at its end");
}

/* The next of a straight sequence. */
static bool follow(struct verify *v, struct insn *in)
{
    uint32_t at = in->next;

    return at < v->code->text_size && !(v->marks[at] & MARK_TARGET) && verify_decode(v, in, at);
}

static bool is_exit(const struct verify *v, const struct insn *in)
{
    return in->op == INSN_RET || (in->op == INSN_JMP && verify_is_relocated(v, in)) ||
           (in->op == INSN_JMP_INDIRECT && in->has_mem);
}

bool verify_epilogue(struct verify *v, const struct insn *in, struct insn *out)
{
    struct insn s = *in;

    if (v->frame != 0) {
        if (s.op != INSN_ADD_IMM || s.width != 8 || s.has_mem || s.rm != REG_RSP ||
            s.imm != (int64_t)v->frame || !follow(v, &s))
            return false;
    }
    for (unsigned i = 4; i-- > 0;) {
        if (!(v->code->saved >> i & 1))
            continue;
        if (s.op != INSN_POP || s.reg != verify_kept_regs[i] || !follow(v, &s))
            return false;
    }
    *out = s;
    return is_exit(v, &s);
}
