/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Start-up and exception entry of every bare-metal guest.
 * Multiboot Specification 0.6.96, 3.1 (header) and 3.2 (machine state).
 */

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 0
#define CODE_SELECTOR   0x08
#define DATA_SELECTOR   0x10
#define STACK_SIZE      16384

    .section .multiboot, "a"
    .balign 4
    .long MULTIBOOT_MAGIC
    .long MULTIBOOT_FLAGS
    .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .text
/*
 * On entry: 32-bit protected mode, paging off, interrupts off, the loader's
 * segments (its descriptor table may be gone), EAX = the loader's magic,
 * EBX = physical address of the multiboot information. Does not return.
 */
    .globl guest_start
    .type guest_start, @function
guest_start:
    cli
    cld
    movl $stack_top, %esp
    lgdt gdt_pointer
    ljmp $CODE_SELECTOR, $1f
1:  movw $DATA_SELECTOR, %cx
    movw %cx, %ds
    movw %cx, %es
    movw %cx, %fs
    movw %cx, %gs
    movw %cx, %ss
    pushl %ebx
    pushl %eax
    call guest_enter
2:  cli
    hlt
    jmp 2b

/*
 * One entry per exception. On entry: the frame the processor pushed. The entry
 * makes it uniform (vector, error code, EIP, ...), which is the argument list
 * of trap_panic(vector, error, eip) once `call` has pushed its return address.
 */
    .macro entry vector, has_error
    .balign 16
    .if \has_error == 0
    pushl $0
    .endif
    pushl $\vector
    jmp trap_common
    .endm

    .balign 16
    .globl trap_entries
trap_entries:
    .altmacro
    .set vector, 0
    .rept 32
    .if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || \
        vector == 21 || vector == 29 || vector == 30
    entry %vector, 1
    .else
    entry %vector, 0
    .endif
    .set vector, vector + 1
    .endr
    .noaltmacro

/* On entry: ESP -> vector, error code, EIP. Does not return. */
trap_common:
    cld
    call trap_panic
3:  cli
    hlt
    jmp 3b

/*
 * Every interrupt of a device. On entry: the frame the processor pushed, and
 * interrupts off. Masks all lines, as the one that is asked for may be held
 * until its driver has looked, acknowledges to both controllers, returns.
 */
    .balign 16
    .globl trap_wake
trap_wake:
    pushl %eax
    movb $0xff, %al
    outb %al, $0x21
    outb %al, $0xa1
    movb $0x20, %al
    outb %al, $0xa0
    outb %al, $0x20
    popl %eax
    iret

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9a000000ffff    /* code: base 0, 4 GiB, ring 0 */
    .quad 0x00cf92000000ffff    /* data: base 0, 4 GiB, ring 0 */
gdt_pointer:
    .word gdt_pointer - gdt - 1
    .long gdt

    .bss
    .balign 16
    .skip STACK_SIZE
stack_top:

    .section .note.GNU-stack, "", @progbits
