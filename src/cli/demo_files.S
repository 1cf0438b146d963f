/* The built-in model and picture, as they lie in demo/. */
        .section .rodata
        .balign 64
        .global kerascope_demo_model, kerascope_demo_model_end
kerascope_demo_model:
        .incbin "digits.keras"
kerascope_demo_model_end:
        .global kerascope_demo_picture, kerascope_demo_picture_end
kerascope_demo_picture:
        .incbin "digit.png"
kerascope_demo_picture_end:
        .global kerascope_demo_accuracy, kerascope_demo_accuracy_end
kerascope_demo_accuracy:
        .incbin "accuracy.json"
kerascope_demo_accuracy_end:
        .section .note.GNU-stack, "", %progbits
