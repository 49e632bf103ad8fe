package io.github.jnpu.server.api;

/** What every error of the Anthropic routes looks like. */
record AnthropicError(String type, Detail error, String requestId) {

    record Detail(String type, String message) {}

    static AnthropicError of(int status, String message) {
        return new AnthropicError("error", new Detail(type(status), message), AnthropicMessage.id("req_"));
    }

    private static String type(int status) {
        return switch (status) {
            case 400 -> "invalid_request_error";
            case 401 -> "authentication_error";
            case 403 -> "permission_error";
            case 404 -> "not_found_error";
            case 413 -> "request_too_large";
            case 429 -> "rate_limit_error";
            case 503, 529 -> "overloaded_error";
            default -> "api_error";
        };
    }
}
