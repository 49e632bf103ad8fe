package io.github.jnpu.app;

import io.github.jnpu.langchain4j.NpuChatModel;

/** An application of somebody else: it loads two models, and says in which module the provider lies. */
public final class TwoAnswers {
    private TwoAnswers() {}

    public static void main(String[] args) {
        System.out.println("module " + NpuChatModel.class.getModule().getName());
        for (int length : new int[]{64, 65}) {
            try (NpuChatModel model = NpuChatModel.builder().modelName("demo").contextLength(length).temperature(0.0)
                    .maxOutputTokens(5).build()) {
                System.out.println("answer " + model.chat("Hello"));
            }
        }
    }
}
