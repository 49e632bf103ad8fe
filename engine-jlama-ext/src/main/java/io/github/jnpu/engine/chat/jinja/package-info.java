/**
 * An interpreter for chat templates: Jinja2 as Hugging Face's transformers configures it, with Python's values and text.
 *
 * <p>Source goes through {@code Lexer}, {@code StatementParser} and {@code ExpressionParser} into {@code Statement} and
 * {@code Expression} trees, which {@code TemplateRenderer} and {@code ExpressionEvaluator} run against a
 * {@code RenderBudget}. Why it exists: docs/decisions/0030-chat-templates.md.
 */
package io.github.jnpu.engine.chat.jinja;
