/**
 * An interpreter for Go's {@code text/template}, in which Ollama's Modelfiles write their chat templates.
 *
 * <p>Source goes through {@code Lexer} and {@code Parser} into {@code Node} and {@code Operand} trees, which
 * {@code Executor} runs against an {@code ExecutionBudget}; {@code GoFormat} and {@code GoJson} write values as Go's
 * {@code fmt} and {@code encoding/json} do. Why it exists: docs/decisions/0141-tools-thinking-go-templates.md.
 *
 * @see <a href="https://pkg.go.dev/text/template">the language</a>
 */
package io.github.jnpu.engine.chat.gotemplate;
