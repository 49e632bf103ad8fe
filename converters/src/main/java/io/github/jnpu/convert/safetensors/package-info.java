/** Files of tensors as Hugging Face publishes them: <a href="https://github.com/huggingface/safetensors">safetensors</a>. */
package io.github.jnpu.convert.safetensors;
