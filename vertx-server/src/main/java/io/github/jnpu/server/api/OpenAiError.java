package io.github.jnpu.server.api;

import com.fasterxml.jackson.annotation.JsonInclude;

/** What every error of the OpenAI routes looks like. */
record OpenAiError(Detail error) {

    /** {@code param} and {@code code} are always {@code null}, and always there. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Detail(String message, String type, String param, String code) {}

    /** An error in a stream whose events have types. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Event(String type, String code, String message, String param) {}

    static OpenAiError of(int status, String message) {
        return new OpenAiError(new Detail(message, type(status), null, null));
    }

    static String type(int status) {
        return switch (status) {
            case 400 -> "invalid_request_error";
            case 401 -> "authentication_error";
            case 404 -> "not_found_error";
            default -> "api_error";
        };
    }
}
