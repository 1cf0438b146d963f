/* The names of ImageNet's classes, a line each; their licence lies beside the file. */
        .section .rodata
        .global kerascope_imagenet_names
        .hidden kerascope_imagenet_names
        .global kerascope_imagenet_names_end
        .hidden kerascope_imagenet_names_end
kerascope_imagenet_names:
        .incbin "names.txt"
kerascope_imagenet_names_end:
        .section .note.GNU-stack, "", %progbits
