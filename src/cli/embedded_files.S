/* Files that the program holds: the built-in model and picture. */
        .macro embed name, file
        .global \name, \name\()_end
\name:
        .incbin "\file"
\name\()_end:
        .endm

        .section .rodata
        .balign 64
        embed kerascope_demo_model, demo/digits.keras
        embed kerascope_demo_picture, demo/digit.png
        embed kerascope_demo_accuracy, demo/accuracy.json
        .section .note.GNU-stack, "", %progbits
