package io.github.jnpu.samples.spring;

import dev.langchain4j.service.TokenStream;

/** LangChain4j implements it. */
interface Assistant {
    String answer(String question);

    TokenStream stream(String question);
}
