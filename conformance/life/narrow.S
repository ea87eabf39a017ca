/* narrow NUMBER [ARGUMENT]: makes one system call of the 32-bit machine that this one's kernel also runs (i386, ARM) and exits
 * with the errno that it gets, or 0. In assembly because a compiler for 32-bit ARM would be another 34 MB of packages. */
#if defined(__i386__)

	.globl	_start
_start:
	mov	8(%esp), %esi		/* argv[1] */
	call	number
	mov	%eax, %ebp
	xor	%eax, %eax
	mov	12(%esp), %esi
	test	%esi, %esi
	jz	1f
	call	number
1:	mov	%eax, %ebx
	mov	%ebp, %eax
	int	$0x80
	mov	%eax, %ebx
	neg	%ebx
	jns	2f
	xor	%ebx, %ebx
2:	mov	$1, %eax		/* exit */
	int	$0x80

number:	xor	%eax, %eax		/* of the decimal digits at %esi */
3:	movzbl	(%esi), %ecx
	test	%ecx, %ecx
	jz	4f
	imul	$10, %eax
	lea	-'0'(%eax, %ecx), %eax
	inc	%esi
	jmp	3b
4:	ret

#else

	.arm
	.globl	_start
_start:
	ldr	r4, [sp, #8]		@ argv[1]
	bl	number
	mov	r7, r0
	mov	r0, #0
	ldr	r4, [sp, #12]
	cmp	r4, #0
	blne	number
	svc	#0
	rsbs	r0, r0, #0
	movmi	r0, #0
	mov	r7, #1			@ exit
	svc	#0

number:	mov	r0, #0			@ of the decimal digits at r4
	mov	r2, #10
3:	ldrb	r1, [r4], #1
	cmp	r1, #0
	bxeq	lr
	sub	r1, r1, #'0'
	mla	r0, r2, r0, r1
	b	3b

#endif
	.section .note.GNU-stack, "", %progbits
