/* The typeface of font.cc; its licence lies beside it. */
        .section .rodata
        .balign 64
        .global kerascope_font
        .hidden kerascope_font
kerascope_font:
        .incbin "aileron.bin"
        .section .note.GNU-stack, "", %progbits
