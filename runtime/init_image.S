/* boxcar-init's bytes inside the runtime: host/processes.c writes them into a sealed memfd. */
#ifdef __CET__
#include <cet.h>
#endif
	.section .rodata
	.balign 16
	.globl boxcar_init_image
	.type boxcar_init_image, @object
boxcar_init_image:
	.incbin INIT_IMAGE
	.globl boxcar_init_image_end
boxcar_init_image_end:
	.size boxcar_init_image, . - boxcar_init_image
	.section .note.GNU-stack, "", @progbits
