/* context_test.h: cases of verify_test.c, for its table alone: hand-assembled code, the assembly
 * above each (GNU as, Intel syntax). Letters of sites: m memory, c call (and its landing pad),
 * t trap, s the trap of the stack check. `want`: the rule that refuses it; none: accepted. */
#ifndef BROCH_WASM_VERIFY_CONTEXT_TEST_H
#define BROCH_WASM_VERIFY_CONTEXT_TEST_H

static const struct verify_case context_cases[] = {
    /* mov [r15],rdi; xor eax,eax; ret */
    { .name = "write to the context: the stack limit",
      .hex = "49893f33c0c3",
      .text_size = 6,
      .function = LONG,
      .want = "write to the context" },
    /* mov [r15+8],rdi; xor eax,eax; ret */
    { .name = "write to the context: trap exit",
      .hex = "49897f0833c0c3",
      .text_size = 7,
      .function = LONG,
      .want = "write to the context" },
    /* mov [r15+0xc0],rdi; xor eax,eax; ret */
    { .name = "write to the context: a view",
      .hex = "4989bfc000000033c0c3",
      .text_size = 10,
      .function = LONG,
      .want = "write to the context" },
    /* mov eax,[r15+rdi+0xf0]; ret */
    { .name = "context with an index",
      .hex = "418b843ff0000000c3",
      .text_size = 9,
      .function = INT,
      .want = "context operand" },
    /* mov rax,[r15+0x18]; xor eax,eax; ret */
    { .name = "read of the context outside its arrays",
      .hex = "498b471833c0c3",
      .text_size = 7,
      .want = "read of the context" },
    /* mov eax,[r15+0xf0]; mov [r15+0xf0],edi; ret */
    { .name = "global", .hex = "418b87f00000004189bff0000000c3", .text_size = 15, .function = INT },
    /* mov [r15+0xf0],rdi; xor eax,eax; ret */
    { .name = "global written with more than its size",
      .hex = "4989bff000000033c0c3",
      .text_size = 10,
      .function = INT,
      .want = "global of another size" },
    /* mov [r15+0xfc],rdi; xor eax,eax; ret */
    { .name = "global written across its end",
      .hex = "4989bffc00000033c0c3",
      .text_size = 10,
      .function = INT,
      .want = "write to the context" },
    /* mov [r15+0x100],rdi; xor eax,eax; ret */
    { .name = "constant global written",
      .hex = "4989bf0001000033c0c3",
      .text_size = 10,
      .function = INT,
      .want = "write to a global" },
    /* mov [r15+0x110],rdi; ret */
    { .name = "global of references", .hex = "4989bf10010000c3", .text_size = 8, .function = REF },
    /* mov [r15+0x110],rdi; xor eax,eax; ret */
    { .name = "number into a global of references",
      .hex = "4989bf1001000033c0c3",
      .text_size = 10,
      .function = LONG,
      .want = "no reference into a global of references" },
    /* mov r11,[r15+0xe8]; mov [r11],edi; xor eax,eax; ret */
    { .name = "imported global",
      .hex = "4d8b9fe800000041893b33c0c3",
      .text_size = 13,
      .function = INT },
    /* mov r11,[r15+0xe8]; mov [r11+16],edi; xor eax,eax; ret */
    { .name = "imported global, beside it",
      .hex = "4d8b9fe800000041897b1033c0c3",
      .text_size = 14,
      .function = INT,
      .want = "global operand" },
    /* mov r11,[r15+32]; mov [r11+15984],edi; xor eax,eax; ret */
    { .name = "spill area",
      .hex = "4d8b5f204189bb703e000033c0c3",
      .text_size = 14,
      .function = INT },
    /* mov r11,[r15+32]; mov [r11+16000],edi; xor eax,eax; ret */
    { .name = "spill area, beyond",
      .hex = "4d8b5f204189bb803e000033c0c3",
      .text_size = 14,
      .function = INT,
      .want = "access outside the spill area" },
    /* mov r11,[r15+40]; sub qword ptr [r11],100; js stub; ret; stub: call [r15+8]; int3 */
    { .name = "fuel",
      .hex = "4d8b5f2849832b647801c341ff5708cc",
      .text_size = 16,
      .sites = { { 15, 't' } } },
    /* mov r11,[r15+40]; sub qword ptr [r11],-100; ret */
    { .name = "fuel given", .hex = "4d8b5f2849832b9cc3", .text_size = 9, .want = "fuel operand" },
    /* mov r11,[r15+40]; mov [r11],rdi; xor eax,eax; ret */
    { .name = "fuel set",
      .hex = "4d8b5f2849893b33c0c3",
      .text_size = 10,
      .function = LONG,
      .want = "fuel operand" },
    /* mov [r14],r15; ret */
    { .name = "pointer into memory",
      .hex = "4d893ec3",
      .text_size = 4,
      .sites = { { 0, 'm' } },
      .want = "store of a pointer of the runtime's" },
    /* mov r11,[r15+0xd0]; cmp rdi,[r11+8]; jae stub; mov r11,[r11]; mov rax,[r11+rdi*8]; mov
     * [r11+rdi*8],rax; xor eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table",
      .hex = "4d8b9fd0000000493b7b08730e4d8b1b498b04fb498904fb33c0c341ff5708cc",
      .text_size = 32,
      .function = INT,
      .sites = { { 31, 't' } } },
    /* mov r11,[r15+0xd0]; mov r11,[r11]; mov rax,[r11+rdi*8]; xor eax,eax; ret */
    { .name = "table without its check",
      .hex = "4d8b9fd00000004d8b1b498b04fb33c0c3",
      .text_size = 17,
      .function = INT,
      .want = "table access without its check" },
    /* mov r11,[r15+0xd0]; cmp rdi,[r11+8]; ja stub; mov r11,[r11]; mov rax,[r11+rdi*8]; xor
     * eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table with the wrong condition",
      .hex = "4d8b9fd0000000493b7b08770a4d8b1b498b04fb33c0c341ff5708cc",
      .text_size = 28,
      .function = INT,
      .sites = { { 27, 't' } },
      .want = "table access without its check" },
    /* mov r11,[r15+0xd0]; cmp edi,[r11+8]; jae stub; mov r11,[r11]; mov rax,[r11+rdi*8]; xor
     * eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table with a comparison of 32 bits",
      .hex = "4d8b9fd0000000413b7b08730a4d8b1b498b04fb33c0c341ff5708cc",
      .text_size = 28,
      .function = LONG,
      .sites = { { 27, 't' } },
      .want = "table access without its check" },
    /* mov r11,[r15+0xd0]; cmp rsi,[r11+8]; jae stub; mov r11,[r11]; mov rax,[r11+rdi*8]; xor
     * eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table checked with another register",
      .hex = "4d8b9fd0000000493b7308730a4d8b1b498b04fb33c0c341ff5708cc",
      .text_size = 28,
      .function = LONG,
      .sites = { { 27, 't' } },
      .want = "table access without its check" },
    /* mov r11,[r15+0xd8]; cmp rdi,[r11+8]; jae stub; mov r11,[r15+0xd0]; mov r11,[r11]; mov
     * rax,[r11+rdi*8]; xor eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table checked against another table",
      .hex = "4d8b9fd8000000493b7b0873114d8b9fd00000004d8b1b498b04fb33c0c341ff5708cc",
      .text_size = 35,
      .function = LONG,
      .sites = { { 34, 't' } },
      .want = "table access without its check" },
    /* mov r11,[r15+0xd0]; cmp rdi,[r11+8]; jae stub; mov r11,[r11]; add edi,1; mov
     * rax,[r11+rdi*8]; xor eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table index changed after its check",
      .hex = "4d8b9fd0000000493b7b08730d4d8b1b83c701498b04fb33c0c341ff5708cc",
      .text_size = 31,
      .function = INT,
      .sites = { { 30, 't' } },
      .want = "table access without its check" },
    /* mov r11,[r15+0xd0]; cmp rdi,[r11+8]; jae stub; mov r11,[r11]; mov rax,[r11+rdi*4]; xor
     * eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table with another scale",
      .hex = "4d8b9fd0000000493b7b08730a4d8b1b498b04bb33c0c341ff5708cc",
      .text_size = 28,
      .function = INT,
      .sites = { { 27, 't' } },
      .want = "table access without its check" },
    /* mov r11,[r15+0xd0]; cmp rdi,[r11+8]; jae stub; mov r11,[r11]; mov rax,[r11+rdi*8+8];
     * xor eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "table with a displacement",
      .hex = "4d8b9fd0000000493b7b08730b4d8b1b498b44fb0833c0c341ff5708cc",
      .text_size = 29,
      .function = INT,
      .sites = { { 28, 't' } },
      .want = "table access without its check" },
    /* mov r11,[r15+0xd0]; cmp rdi,[r11+8]; jae stub; mov r11,[r11]; mov [r11+rdi*8],rdi; xor
     * eax,eax; ret; stub: call [r15+8]; int3 */
    { .name = "number into a table",
      .hex = "4d8b9fd0000000493b7b08730a4d8b1b49893cfb33c0c341ff5708cc",
      .text_size = 28,
      .function = LONG,
      .sites = { { 27, 't' } },
      .want = "no reference into a table" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call",
      .hex = "493b2772544883ec088bc74d8b9fd0000000493b4308733d4d8b1b4d8b1cc3418b8724010000413b"
             "43107529498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d"
             "8b7710ebe341ff570841ff5708cc",
      .text_size = 94,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 89, 't' }, { 93, 's' } } },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * nop; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16]; jne
     * stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret; slow:
     * mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call without the bounds check",
      .hex = "493b2772534883ec088bc74d8b9fd0000000493b4308904d8b1b4d8b1cc3418b8724010000413b43"
             "107529498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d8b"
             "7710ebe341ff570841ff5708cc",
      .text_size = 93,
      .function = INT,
      .frame = 8,
      .sites = { { 37, 'm' }, { 55, 'c' }, { 74, 'c' }, { 88, 't' }, { 92, 's' } },
      .want = "table access without its check" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * nop; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret; slow:
     * mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call without the type check",
      .hex = "493b2772534883ec088bc74d8b9fd0000000493b4308733c4d8b1b4d8b1cc3418b8724010000413b"
             "431090498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d8b"
             "7710ebe341ff570841ff5708cc",
      .text_size = 93,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 55, 'c' }, { 74, 'c' }, { 88, 't' }, { 92, 's' } },
      .want = "function operand" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16]; je
     * stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret; slow:
     * mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call with the type check the wrong way",
      .hex = "493b2772544883ec088bc74d8b9fd0000000493b4308733d4d8b1b4d8b1cc3418b8724010000413b"
             "43107429498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d"
             "8b7710ebe341ff570841ff5708cc",
      .text_size = 94,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 89, 't' }, { 93, 's' } },
      .want = "function operand" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x12c]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call checked for another type",
      .hex = "493b2772544883ec088bc74d8b9fd0000000493b4308733d4d8b1b4d8b1cc3418b872c010000413b"
             "43107529498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d"
             "8b7710ebe341ff570841ff5708cc",
      .text_size = 94,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 89, 't' }, { 93, 's' } },
      .want = "argument or result that is not of its type" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov rdi,rsi; mov r11,[r15+0xd0]; cmp
     * rax,[r11+8]; jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp
     * eax,[r11+16]; jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add
     * rsp,8; ret; slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov
     * r15,[rsp]; mov r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call with an argument for another type",
      .hex = "493b2772574883ec088bc7488bfe4d8b9fd0000000493b4308733d4d8b1b4d8b1cc3418b87240100"
             "00413b43107529498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b"
             "3c244d8b7710ebe341ff570841ff5708cc",
      .text_size = 97,
      .function = INT,
      .frame = 8,
      .sites = { { 41, 'm' }, { 59, 'c' }, { 78, 'c' }, { 92, 't' }, { 96, 's' } },
      .want = "argument or result that is not of its type" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd8]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call of the element of another table",
      .hex = "493b2772544883ec088bc74d8b9fd8000000493b4308733d4d8b1b4d8b1cc3418b8724010000413b"
             "43107529498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d"
             "8b7710ebe341ff570841ff5708cc",
      .text_size = 94,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 89, 't' }, { 93, 's' } },
      .want = "memory operand of no known base" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; nop; call [r11]; back: add rsp,8; ret; slow:
     * mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call without the comparison of instances",
      .hex = "493b2772534883ec088bc74d8b9fd0000000493b4308733c4d8b1b4d8b1cc3418b8724010000413b"
             "43107528498b4308493bc79041ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d8b"
             "7710ebe341ff570841ff5708cc",
      .text_size = 93,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 55, 'c' }, { 74, 'c' }, { 88, 't' }, { 92, 's' } },
      .want = "call into an instance that may be another" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; mov r11,[r15+0x138]; call [r11];
     * back: add rsp,8; ret; slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11];
     * mov r15,[rsp]; mov r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call, pointer changed after its check",
      .hex = "493b27725b4883ec088bc74d8b9fd0000000493b430873444d8b1b4d8b1cc3418b8724010000413b"
             "43107530498b4308493bc7750f4d8b9f3801000041ff134883c408c34c893c244c8bf84d8b771041"
             "ff134c8b3c244d8b7710ebe341ff570841ff5708cc",
      .text_size = 101,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 63, 'c' }, { 82, 'c' }, { 96, 't' }, { 100, 's' } },
      .want = "call into an instance that may be another" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11+8]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov
     * r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call, beside the code pointer",
      .hex = "493b2772554883ec088bc74d8b9fd0000000493b4308733e4d8b1b4d8b1cc3418b8724010000413b"
             "4310752a498b4308493bc7750941ff53084883c408c34c893c244c8bf84d8b771041ff134c8b3c24"
             "4d8b7710ebe341ff570841ff5708cc",
      .text_size = 95,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 57, 'c' }, { 76, 'c' }, { 90, 't' }, { 94, 's' } },
      .want = "call through a pointer that is not known" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; jmp back; stub: call
     * [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call, r15 not put back",
      .hex = "493b27724c4883ec088bc74d8b9fd0000000493b430873354d8b1b4d8b1cc3418b8724010000413b"
             "43107521498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff13ebeb41ff57"
             "0841ff5708cc",
      .text_size = 86,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 81, 't' }, { 85, 's' } },
      .want = "pinned register is not in place" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov r15,[rsp]; jmp
     * back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call, r14 not put back",
      .hex = "493b2772504883ec088bc74d8b9fd0000000493b430873394d8b1b4d8b1cc3418b8724010000413b"
             "43107525498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c24eb"
             "e741ff570841ff5708cc",
      .text_size = 90,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 85, 't' }, { 89, 's' } },
      .want = "pinned register is not in place" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; call [r11]; mov r15,[rsp]; mov r14,[r15+16]; jmp
     * back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call, r14 not switched",
      .hex = "493b2772504883ec088bc74d8b9fd0000000493b430873394d8b1b4d8b1cc3418b8724010000413b"
             "43107525498b4308493bc7750841ff134883c408c34c893c244c8bf841ff134c8b3c244d8b7710eb"
             "e741ff570841ff5708cc",
      .text_size = 90,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 71, 'c' }, { 85, 't' }, { 89, 's' } },
      .want = "call into an instance that may be another" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne slow; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; mov r14,[r15+16]; call [r11]; mov [rsp],rax; mov
     * r15,[rsp]; mov r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "indirect call, saved r15 overwritten",
      .hex = "493b2772584883ec088bc74d8b9fd0000000493b430873414d8b1b4d8b1cc3418b8724010000413b"
             "4310752d498b4308493bc7750841ff134883c408c34c893c244c8bf84d8b771041ff13488904244c"
             "8b3c244d8b7710ebdf41ff570841ff5708cc",
      .text_size = 98,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 93, 't' }, { 97, 's' } },
      .want = "write to a pinned register" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov eax,edi; mov r11,[r15+0xd0]; cmp rax,[r11+8];
     * jae stub; mov r11,[r11]; mov r11,[r11+rax*8]; mov eax,[r15+0x124]; cmp eax,[r11+16];
     * jne stub; mov rax,[r11+8]; cmp rax,r15; jne inside; call [r11]; back: add rsp,8; ret;
     * slow: mov [rsp],r15; mov r15,rax; inside: mov r14,[r15+16]; call [r11]; mov r15,[rsp];
     * mov r14,[r15+16]; jmp back; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "jump into the switch of instances",
      .hex = "493b2772544883ec088bc74d8b9fd0000000493b4308733d4d8b1b4d8b1cc3418b8724010000413b"
             "43107529498b4308493bc7750f41ff134883c408c34c893c244c8bf84d8b771041ff134c8b3c244d"
             "8b7710ebe341ff570841ff5708cc",
      .text_size = 94,
      .function = INT,
      .frame = 8,
      .sites = { { 38, 'm' }, { 56, 'c' }, { 75, 'c' }, { 89, 't' }, { 93, 's' } },
      .want = "call into an instance that may be another" },
    /* cmp rsp,[r15]; jb over; call [r14+rdi]; ret; over: call [r15+8]; int3 */
    { .name = "call through memory",
      .hex = "493b27720541ff143ec341ff5708cc",
      .text_size = 15,
      .function = INT,
      .sites = { { 5, 'm' }, { 9, 'c' }, { 14, 's' } },
      .want = "call through a pointer that is not known" },
    /* cmp rsp,[r15]; jb over; call [r15+0xc0]; ret; over: call [r15+8]; int3 */
    { .name = "call through the context: no built-in",
      .hex = "493b27720841ff97c0000000c341ff5708cc",
      .text_size = 18,
      .function = INT,
      .sites = { { 12, 'c' }, { 17, 's' } },
      .want = "call through the context" },
    /* cmp rsp,[r15]; jb over; mov esi,1; call [r15+0xb8]; xor eax,eax; ret; over: call
     * [r15+8]; int3 */
    { .name = "call through the context: lazy compilation",
      .hex = "493b27720fbe0100000041ff97b800000033c0c341ff5708cc",
      .text_size = 25,
      .function = INT,
      .sites = { { 17, 'c' }, { 24, 's' } },
      .want = "argument of a built-in function" },
    /* cmp rsp,[r15]; jb over; mov edx,edi; xor esi,esi; mov rdi,r15; call [r15+0x30]; mov
     * eax,eax; ret; over: call [r15+8]; int3 */
    { .name = "built-in: grow memory",
      .hex = "493b27720e8bd733f6498bff41ff57308bc0c341ff5708cc",
      .text_size = 24,
      .function = INT,
      .sites = { { 16, 'c' }, { 23, 's' } } },
    /* cmp rsp,[r15]; jb over; mov edx,edi; mov esi,2; mov rdi,r15; call [r15+0x30]; mov
     * eax,eax; ret; over: call [r15+8]; int3 */
    { .name = "built-in: grow a memory that is not",
      .hex = "493b2772118bd7be02000000498bff41ff57308bc0c341ff5708cc",
      .text_size = 27,
      .function = INT,
      .sites = { { 19, 'c' }, { 26, 's' } },
      .want = "argument of a built-in function" },
    /* cmp rsp,[r15]; jb over; mov esi,edi; call [r15+0x30]; mov eax,eax; ret; over: call
     * [r15+8]; int3 */
    { .name = "built-in: index not a constant",
      .hex = "493b2772098bf741ff57308bc0c341ff5708cc",
      .text_size = 19,
      .function = INT,
      .sites = { { 11, 'c' }, { 18, 's' } },
      .want = "argument of a built-in function" },
    /* cmp rsp,[r15]; jb over; xor esi,esi; mov rcx,rdi; call [r15+0x60]; xor eax,eax; ret;
     * over: call [r15+8]; int3 */
    { .name = "built-in: number into a table",
      .hex = "493b27720c33f6488bcf41ff576033c0c341ff5708cc",
      .text_size = 22,
      .function = LONG,
      .sites = { { 14, 'c' }, { 21, 's' } },
      .want = "argument of a built-in function" },
    /* cmp rsp,[r15]; jb over; mov r11,[r15+0x138]; call [r11]; ret; over: call [r15+8]; int3 */
    { .name = "imported call without the switch",
      .hex = "493b27720b4d8b9f3801000041ff13c341ff5708cc",
      .text_size = 21,
      .function = INT,
      .sites = { { 15, 'c' }, { 20, 's' } },
      .want = "call into an instance that may be another" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov r11,[r15+0x138]; mov [rsp],r15; mov r15,[r11+8];
     * mov r14,[r15+16]; call [r11]; mov r15,[rsp]; mov r14,[r15+16]; add rsp,8; ret; over:
     * call [r15+8]; int3 */
    { .name = "imported call",
      .hex = "493b2772274883ec084d8b9f380100004c893c244d8b7b084d8b771041ff134c8b3c244d8b771048"
             "83c408c341ff5708cc",
      .text_size = 49,
      .function = INT,
      .frame = 8,
      .sites = { { 31, 'c' }, { 48, 's' } } },
    /* cmp edi,3; jae out; lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax;
     * jmp r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch",
      .hex = "83ff0373144c8d1d14000000496304bb4c03d841ffe333c0c38bc7c3ccccccccf6fffffff9ffffff"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = INT },
    /* cmp edi,3; nop; lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax; jmp
     * r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch without its check",
      .hex = "83ff03904c8d1d15000000496304bb4c03d841ffe333c0c38bc7c3ccccccccccf5fffffff8ffffff"
             "f5ffffffcccccccc",
      .text_size = 27,
      .function = INT,
      .want = "jump through a register" },
    /* cmp edi,3; jg out; lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax;
     * jmp r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch with the wrong condition",
      .hex = "83ff037f144c8d1d14000000496304bb4c03d841ffe333c0c38bc7c3ccccccccf6fffffff9ffffff"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = INT,
      .want = "jump through a register" },
    /* cmp edi,3; jae out; lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax;
     * jmp r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch with an index that may have upper bits",
      .hex = "83ff0373144c8d1d14000000496304bb4c03d841ffe333c0c38bc7c3ccccccccf6fffffff9ffffff"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = LONG,
      .want = "jump table index that may have upper bits" },
    /* cmp edi,9; jae out; lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax;
     * jmp r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch past its table",
      .hex = "83ff0973144c8d1d14000000496304bb4c03d841ffe333c0c38bc7c3ccccccccf6fffffff9ffffff"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = INT,
      .want = "jump table outside the constants" },
    /* cmp edi,3; jae out; lea r11,[rip+one]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax;
     * jmp r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch whose table is in the text",
      .hex = "83ff0373144c8d1d0a000000496304bb4c03d841ffe333c0c38bc7c3ccccccccf6fffffff9ffffff"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = INT,
      .want = "jump table outside the constants" },
    /* cmp edi,3; jae out; lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax;
     * jmp r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch to the middle of an instruction",
      .hex = "83ff0373144c8d1d14000000496304bb4c03d841ffe333c0c38bc7c3ccccccccf6fffffffaffffff"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = INT,
      .want = "jump into an instruction" },
    /* cmp edi,3; jae out; lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add r11,rax;
     * jmp r11; one: xor eax,eax; ret; out: mov eax,edi; ret */
    { .name = "switch out of the text",
      .hex = "83ff0373144c8d1d14000000496304bb4c03d841ffe333c0c38bc7c3ccccccccf6ffffff00100000"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = INT,
      .want = "jump table leaves the function" },
    /* cmp edi,3; jae out; mid: lea r11,[rip+TAIL]; movsxd rax,dword ptr [r11+rdi*4]; add
     * r11,rax; jmp r11; one: jmp mid; ret; out: mov eax,edi; ret */
    { .name = "jump into the switch, past its check",
      .hex = "83ff0373144c8d1d14000000496304bb4c03d841ffe3ebedc38bc7c3ccccccccf6fffffff9ffffff"
             "f6ffffffcccccccc",
      .text_size = 28,
      .function = INT,
      .want = "jump into a sequence" },
    /* movups xmm0,[rip+TAIL]; xor eax,eax; ret */
    { .name = "constant",
      .hex = "0f10050900000033c0c3cccccccccccc01000000000000000200000000000000",
      .text_size = 10,
      .function = INT },
    /* mov rax,[rip+TAIL+16]; xor eax,eax; ret */
    { .name = "rip-relative, outside the constants",
      .hex = "488b051900000033c0c3cccccccccccc01000000000000000200000000000000",
      .text_size = 10,
      .function = INT,
      .want = "access outside the constants" },
    /* movups xmm0,[rip+TAIL+8]; xor eax,eax; ret */
    { .name = "rip-relative, across their end",
      .hex = "0f10051100000033c0c3cccccccccccc01000000000000000200000000000000",
      .text_size = 10,
      .function = INT,
      .want = "access outside the constants" },
    /* mov rax,[rip-8]; xor eax,eax; ret */
    { .name = "rip-relative, in the text",
      .hex = "488b05f8ffffff33c0c3cccccccccccc01000000000000000200000000000000",
      .text_size = 10,
      .function = INT,
      .want = "access outside the constants" },
    /* mov [rip+TAIL],rax; xor eax,eax; ret */
    { .name = "rip-relative store",
      .hex = "4889050900000033c0c3cccccccccccc01000000000000000200000000000000",
      .text_size = 10,
      .function = INT,
      .want = "access outside the constants" },
    /* lea rax,[rsp+8]; xor eax,eax; ret */
    { .name = "address of the frame",
      .hex = "488d44240833c0c3",
      .text_size = 8,
      .want = "address of something" },
    /* lea rax,[r14+8]; xor eax,eax; ret */
    { .name = "address of memory 0",
      .hex = "498d460833c0c3",
      .text_size = 7,
      .want = "address of something" },
    /* lea rax,[r15+0x158]; mov [r15+0x110],rax; ret */
    { .name = "address of a function", .hex = "498d875801000049898710010000c3", .text_size = 15 },
    /* lea rax,[r15+0x150]; mov [r15+0x110],rax; ret */
    { .name = "address beside a function",
      .hex = "498d875001000049898710010000c3",
      .text_size = 15,
      .want = "address of the context" },
    /* mov r11,[r15+0xc8]; cmp rdi,[r11+16]; ja stub; mov r11,[r15+0xc8]; mov r11,[r11]; mov
     * eax,[r11+rdi+8]; ret; stub: call [r15+8]; int3 */
    { .name = "memory 1: checked index",
      .hex = "4d8b9fc8000000493b7b1077104d8b9fc80000004d8b1b418b443b08c341ff5708cc",
      .text_size = 34,
      .function = LONG,
      .sites = { { 23, 'm' }, { 33, 't' } } },
    /* mov r11,[r15+0xc8]; mov r11,[r11]; mov eax,[r11+rdi+8]; ret */
    { .name = "memory 1: index not checked",
      .hex = "4d8b9fc80000004d8b1b418b443b08c3",
      .text_size = 16,
      .function = LONG,
      .sites = { { 10, 'm' } },
      .want = "memory access without its check" },
    /* mov r11,[r15+0xc8]; mov r11,[r11]; mov eax,[r11+rdi+8]; ret */
    { .name = "memory 1: 32 bits may be too far",
      .hex = "4d8b9fc80000004d8b1b418b443b08c3",
      .text_size = 16,
      .function = INT,
      .sites = { { 10, 'm' } },
      .want = "memory access without its check" },
    /* mov r11,[r15+0xc0]; cmp rdi,[r11+16]; ja stub; mov r11,[r15+0xc8]; mov r11,[r11]; mov
     * eax,[r11+rdi+8]; ret; stub: call [r15+8]; int3 */
    { .name = "memory 1: index checked against memory 0",
      .hex = "4d8b9fc0000000493b7b1077104d8b9fc80000004d8b1b418b443b08c341ff5708cc",
      .text_size = 34,
      .function = LONG,
      .sites = { { 23, 'm' }, { 33, 't' } },
      .want = "memory access without its check" },
    /* mov r11,[r15+0xc8]; cmp rdi,[r11+16]; jbe stub; mov r11,[r15+0xc8]; mov r11,[r11]; mov
     * eax,[r11+rdi+8]; ret; stub: call [r15+8]; int3 */
    { .name = "memory 1: checked the wrong way round",
      .hex = "4d8b9fc8000000493b7b1076104d8b9fc80000004d8b1b418b443b08c341ff5708cc",
      .text_size = 34,
      .function = LONG,
      .sites = { { 23, 'm' }, { 33, 't' } },
      .want = "memory access without its check" },
    /* mov r11,[r15+0xc0]; mov r11,[r11+8]; sub r11,8; jb stub; cmp rdi,r11; ja stub; mov
     * eax,[r14+rdi+4]; ret; stub: call [r15+8]; int3 */
    { .name = "explicit bounds",
      .hex = "4d8b9fc00000004d8b5b084983eb08720b493bfb7706418b443e04c341ff5708cc",
      .text_size = 33,
      .function = INT,
      .config = EXPLICIT,
      .sites = { { 22, 'm' }, { 32, 't' } } },
    /* mov r11,[r15+0xc0]; mov r11,[r11+8]; sub r11,8; jb stub; cmp rdi,r11; ja stub; mov
     * eax,[r14+rdi+5]; ret; stub: call [r15+8]; int3 */
    { .name = "explicit bounds: beyond the extent",
      .hex = "4d8b9fc00000004d8b5b084983eb08720b493bfb7706418b443e05c341ff5708cc",
      .text_size = 33,
      .function = INT,
      .config = EXPLICIT,
      .sites = { { 22, 'm' }, { 32, 't' } },
      .want = "memory access without its check" },
    /* mov eax,[r14+rdi+4]; ret */
    { .name = "explicit bounds: none",
      .hex = "418b443e04c3",
      .text_size = 6,
      .function = INT,
      .config = EXPLICIT,
      .sites = { { 0, 'm' } },
      .want = "memory access without its check" },
    /* mov r11,[r15+0xc0]; mov r11,[r11+8]; sub r11,8; nop; cmp rdi,r11; ja stub; mov
     * eax,[r14+rdi+4]; ret; stub: call [r15+8]; int3 */
    { .name = "explicit bounds: subtraction may wrap",
      .hex = "4d8b9fc00000004d8b5b084983eb0890493bfb7706418b443e04c341ff5708cc",
      .text_size = 32,
      .function = INT,
      .config = EXPLICIT,
      .sites = { { 21, 'm' }, { 31, 't' } },
      .want = "memory access without its check" },
    /* mov r11,[r15+0xc0]; mov r11,[r11+8]; sub r11,8; jb stub; cmp rdi,r11; ja stub; add
     * edi,1; mov eax,[r14+rdi+4]; ret; stub: call [r15+8]; int3 */
    { .name = "explicit bounds: index changed",
      .hex = "4d8b9fc00000004d8b5b084983eb08720e493bfb770983c701418b443e04c341ff5708cc",
      .text_size = 36,
      .function = INT,
      .config = EXPLICIT,
      .sites = { { 25, 'm' }, { 35, 't' } },
      .want = "memory access without its check" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov [rsp],r15; go: call go; ret_: add rsp,8; ret;
     * pad: mov r15,[rsp]; mov r14,[r15+16]; mov rcx,[rax]; cmp rcx,[r15+0xe0]; jne stub; mov
     * eax,[rax+16]; add rsp,8; ret; stub: call [r15+8]; over: call [r15+8]; int3 */
    { .name = "landing pad",
      .hex = "493b2772324883ec084c893c24e8fbffffff4883c408c34c8b3c244d8b7710488b08493b8fe00000"
             "0075088b40104883c408c341ff570841ff5708cc",
      .text_size = 60,
      .function = INT,
      .frame = 8,
      .sites = { { 18, 'c', 23 }, { 55, 't' }, { 59, 's' } },
      .relocs = { { 14, 2 } } },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov [rsp],r15; go: call go; ret_: add rsp,8; ret;
     * pad: xor eax,eax; add rsp,8; ret; over: call [r15+8]; int3 */
    { .name = "landing pad that does not put r15 back",
      .hex = "493b2772194883ec084c893c24e8fbffffff4883c408c333c04883c408c341ff5708cc",
      .text_size = 35,
      .function = INT,
      .frame = 8,
      .sites = { { 18, 'c', 23 }, { 34, 's' } },
      .relocs = { { 14, 2 } },
      .want = "pinned register is not in place" },
    /* cmp rsp,[r15]; jb over; push rbx; sub rsp,8; mov [rsp],r15; mov ebx,edi; go: call go;
     * ret_: add rsp,8; pop rbx; ret; pad: mov r15,[rsp]; mov r14,[r15+16]; mov eax,[r14+rbx];
     * add rsp,8; pop rbx; ret; over: call [r15+8]; int3 */
    { .name = "landing pad that trusts a register",
      .hex = "493b277228534883ec084c893c248bdfe8fbffffff4883c4085bc34c8b3c244d8b7710418b041e48"
             "83c4085bc341ff5708cc",
      .text_size = 50,
      .function = INT,
      .frame = 16,
      .saved = 1,
      .sites = { { 21, 'c', 27 }, { 35, 'm' }, { 49, 's' } },
      .relocs = { { 17, 2 } },
      .want = "memory index that may have upper bits" },
    /* cmp rsp,[r15]; jb over; sub rsp,8; mov [rsp],r15; go: call go; ret_: add rsp,8; ret;
     * pad: mov r15,[rsp]; mov r14,[r15+16]; mov eax,[rax+16]; add rsp,8; ret; over: call
     * [r15+8]; int3 */
    { .name = "landing pad: payload before the tag is known",
      .hex = "493b2772224883ec084c893c24e8fbffffff4883c408c34c8b3c244d8b77108b40104883c408c341"
             "ff5708cc",
      .text_size = 44,
      .function = INT,
      .frame = 8,
      .sites = { { 18, 'c', 23 }, { 43, 's' } },
      .relocs = { { 14, 2 } },
      .want = "exception whose tag is not known" },
    /* cmp rsp,[r15]; jb over; xor esi,esi; call [r15+0xa8]; mov [rax+32],ecx; xor eax,eax;
     * ret; over: call [r15+8]; int3 */
    { .name = "exception payload beyond its tag",
      .hex = "493b27720f33f641ff97a800000089482033c0c341ff5708cc",
      .text_size = 25,
      .function = INT,
      .sites = { { 14, 'c' }, { 24, 's' } },
      .want = "exception payload" },
    /* cmp rsp,[r15]; jb over; xor esi,esi; call [r15+0xa8]; mov [rax+16],ecx; xor eax,eax;
     * ret; over: call [r15+8]; int3 */
    { .name = "exception payload",
      .hex = "493b27720f33f641ff97a800000089481033c0c341ff5708cc",
      .text_size = 25,
      .function = INT,
      .sites = { { 14, 'c' }, { 24, 's' } } },
    /* mov r11,[r15+0xc0]; mov r11,[r11+8]; sub r11,8; jb stub; cmp rdi,r11; ja stub; mov
     * r11,[r15+0xc8]; mov r11,[r11+8]; sub r11,16; jb stub; cmp rdi,r11; ja stub; mov
     * eax,[r14+rdi+4]; mov r11,[r15+0xc8]; mov r11,[r11]; mov ecx,[r11+rdi+12]; mov
     * eax,[r14+rdi]; ret; stub: call [r15+8]; int3 */
    { .name = "explicit bounds: of two memories",
      .hex = "4d8b9fc00000004d8b5b084983eb087234493bfb772f4d8b9fc80000004d8b5b084983eb10721e49"
             "3bfb7719418b443e044d8b9fc80000004d8b1b418b4c3b0c418b043ec341ff5708cc",
      .text_size = 74,
      .function = INT,
      .config = EXPLICIT,
      .sites = { { 44, 'm' }, { 59, 'm' }, { 64, 'm' }, { 73, 't' } } },
    /* mov r11,[r15+0xc8]; mov r11,[r11+8]; sub r11,8; jb stub; cmp rdi,r11; ja stub; mov
     * eax,[r14+rdi+4]; ret; stub: call [r15+8]; int3 */
    { .name = "explicit bounds: of another memory",
      .hex = "4d8b9fc80000004d8b5b084983eb08720b493bfb7706418b443e04c341ff5708cc",
      .text_size = 33,
      .function = INT,
      .config = EXPLICIT,
      .sites = { { 22, 'm' }, { 32, 't' } },
      .want = "memory access without its check" },
    /* cmp rsp,[r15]; jb over; xor esi,esi; .byte 0x66; call [r15+0x30]; mov eax,eax; ret;
     * over: call [r15+8]; int3 */
    { .name = "call cut to 16 bits",
      .hex = "493b27720a33f66641ff57308bc0c341ff5708cc",
      .text_size = 20,
      .function = INT,
      .sites = { { 12, 'c' }, { 19, 's' } },
      .want = "no instruction that may be emitted" },
    /* .byte 0x66; ret */
    { .name = "return cut to 16 bits",
      .hex = "66c3",
      .text_size = 2,
      .want = "no instruction that may be emitted" },
    /* mov ah,dl; xor eax,eax; ret */
    { .name = "high byte of rax as the low one of rsp",
      .hex = "8ae233c0c3",
      .text_size = 5,
      .want = "no instruction that may be emitted" },
    /* bt [r14+rdi],esi; xor eax,eax; ret */
    { .name = "bit test in memory",
      .hex = "410fa3343e33c0c3",
      .text_size = 8,
      .function = INT,
      .sites = { { 0, 'm' } },
      .want = "no instruction that may be emitted" },
    /* movnti [r14+rdi],eax; xor eax,eax; ret */
    { .name = "non-temporal store",
      .hex = "410fc3043e33c0c3",
      .text_size = 8,
      .function = INT,
      .sites = { { 0, 'm' } },
      .want = "no instruction that may be emitted" },
    /* prefetcht0 [r14+rdi]; xor eax,eax; ret */
    { .name = "prefetch",
      .hex = "410f180c3e33c0c3",
      .text_size = 8,
      .function = INT,
      .want = "no instruction that may be emitted" },
    /* xadd [r14+rdi],eax; xor eax,eax; ret */
    { .name = "atomic without lock",
      .hex = "410fc1043e33c0c3",
      .text_size = 8,
      .function = INT,
      .sites = { { 0, 'm' } },
      .want = "no instruction that may be emitted" },
    /* lock xadd [r14+rdi],eax; ret */
    { .name = "atomic",
      .hex = "f0410fc1043ec3",
      .text_size = 7,
      .function = INT,
      .sites = { { 0, 'm' } } },
    /* lock cmpxchg [r15+0x110],rdi; ret */
    { .name = "reference from a compare-and-exchange",
      .hex = "f0490fb1bf10010000c3",
      .text_size = 10,
      .function = REF,
      .sites = { { 0, 'm' } },
      .want = "no reference into a global of references" },
};

#endif
