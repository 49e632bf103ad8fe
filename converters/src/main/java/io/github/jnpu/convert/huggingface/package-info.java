/** Folders as Hugging Face's libraries write them, read as models: {@code config.json}, safetensors, tokenizer. */
package io.github.jnpu.convert.huggingface;
