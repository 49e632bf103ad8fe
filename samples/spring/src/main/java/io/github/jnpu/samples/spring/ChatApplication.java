package io.github.jnpu.samples.spring;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.service.AiServices;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;

/** Answers over HTTP. The starter makes the models from {@code application.properties}. */
@SpringBootApplication
public class ChatApplication {
    public static void main(String[] arguments) {
        SpringApplication.run(ChatApplication.class, arguments);
    }

    @Bean
    Assistant assistant(ChatModel chat, StreamingChatModel streaming) {
        return AiServices.builder(Assistant.class).chatModel(chat).streamingChatModel(streaming).build();
    }
}
