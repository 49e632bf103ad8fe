package io.github.jnpu.engine.chat.gotemplate;

import io.github.jnpu.engine.chat.gotemplate.Operand.Command;
import io.github.jnpu.engine.chat.gotemplate.Operand.Pipeline;
import io.github.jnpu.engine.chat.gotemplate.Token.Kind;

import java.util.ArrayList;
import java.util.List;

/** Reads what stands between the delimiters, and knows which variables there are. */
final class PipelineParser {
    private final List<Token> tokens;
    private int position;
    private List<String> variables = new ArrayList<>(List.of("$"));

    PipelineParser(List<Token> tokens) {
        this.tokens = tokens;
    }

    Token peek() {
        return tokens.get(Math.min(position, tokens.size() - 1));
    }

    Token next() {
        Token token = peek();
        position++;
        return token;
    }

    void skipSpace() {
        while (peek().kind() == Kind.SPACE) {
            position++;
        }
    }

    GoTemplateException error(String message) {
        return GoTemplateException.at(tokens.get(Math.min(Math.max(0, position - 1), tokens.size() - 1)).line(),
                message);
    }

    int mark() {
        return variables.size();
    }

    /** Forgets the variables that came after a mark. */
    void reset(int mark) {
        variables.subList(mark, variables.size()).clear();
    }

    /** A variable that an action declares lives on to the end of the section. */
    void keepDeclared(int mark, Pipeline pipeline) {
        reset(mark);
        if (!pipeline.assigns()) {
            variables.addAll(pipeline.variables());
        }
    }

    List<String> hideVariables() {
        List<String> hidden = variables;
        variables = new ArrayList<>(List.of("$"));
        return hidden;
    }

    void showVariables(List<String> hidden) {
        variables = hidden;
    }

    /** Takes the action's end if it comes next. */
    boolean endsAction() {
        skipSpace();
        if (peek().kind() == Kind.ACTION_END) {
            position++;
            return true;
        }
        return false;
    }

    void requireEndOfAction(String where) {
        if (!endsAction()) {
            position++;
            throw error("unexpected <" + tokens.get(Math.min(position, tokens.size()) - 1).text() + "> in " + where);
        }
    }

    /** The quoted name that {@code define}, {@code block} and {@code template} have. */
    String name(String where) {
        skipSpace();
        Token token = next();
        if (token.kind() != Kind.STRING) {
            throw error("unexpected <" + token.text() + "> in " + where);
        }
        return token.text();
    }

    /** A pipeline up to the end of its action. */
    Pipeline pipeline(String where, boolean range) {
        return pipeline(where, range, Kind.ACTION_END);
    }

    private Pipeline pipeline(String where, boolean range, Kind end) {
        skipSpace();
        int line = peek().line();
        List<String> declared = new ArrayList<>();
        boolean assigns = declaration(declared, range);
        List<Command> commands = new ArrayList<>();
        while (true) {
            skipSpace();
            Token token = peek();
            if (token.kind() == end) {
                position++;
                break;
            }
            commands.add(command(end, where));
        }
        if (commands.isEmpty()) {
            throw error("missing value for " + where);
        }
        for (int i = 1; i < commands.size(); i++) {
            Operand first = commands.get(i).words().getFirst();
            if (first instanceof Operand.Constant || first instanceof Operand.Dot || first instanceof Operand.Nil) {
                throw error("non executable command in pipeline stage " + (i + 1));
            }
        }
        if (!assigns) {
            variables.addAll(declared);
        }
        return new Pipeline(line, declared, assigns, commands);
    }

    /** Reads {@code $x :=}, {@code $x =} or {@code $i, $x :=}; whether it assigns to what is there. */
    private boolean declaration(List<String> declared, boolean range) {
        int start = position;
        while (peek().kind() == Kind.VARIABLE) {
            Token variable = next();
            skipSpace();
            Kind kind = peek().kind();
            if (kind == Kind.DECLARE || kind == Kind.ASSIGN) {
                position++;
                declared.add(variable.text());
                if (kind == Kind.ASSIGN) {
                    declared.forEach(this::requireVariable);
                }
                return kind == Kind.ASSIGN;
            }
            if (kind == Kind.COMMA && range && declared.isEmpty()) {
                position++;
                skipSpace();
                declared.add(variable.text());
                if (peek().kind() != Kind.VARIABLE) {
                    throw error("range can only initialize variables");
                }
                continue;
            }
            if (kind == Kind.COMMA) {
                throw error("too many declarations in " + (range ? "range" : "command"));
            }
            break;
        }
        declared.clear();
        position = start;
        return false;
    }

    private void requireVariable(String name) {
        if (!variables.contains(name)) {
            throw error("undefined variable \"" + name + "\"");
        }
    }

    private Command command(Kind end, String where) {
        List<Operand> words = new ArrayList<>();
        while (true) {
            skipSpace();
            Token token = peek();
            if (token.kind() == end) {
                break;
            }
            if (token.kind() == Kind.PIPE) {
                position++;
                skipSpace();
                if (peek().kind() == end || words.isEmpty()) {
                    throw error("missing value for " + where);
                }
                break;
            }
            words.add(operand(where));
            Kind after = peek().kind();
            if (after != Kind.SPACE && after != Kind.PIPE && after != end) {
                position++;
                throw error("unexpected <" + tokens.get(Math.min(position, tokens.size()) - 1).text() + "> in operand");
            }
        }
        if (words.isEmpty()) {
            throw error("empty command");
        }
        return new Command(words);
    }

    private Operand operand(String where) {
        Operand operand = term(where);
        List<String> fields = new ArrayList<>();
        while (peek().kind() == Kind.FIELD) {
            fields.add(next().text());
        }
        if (fields.isEmpty()) {
            return operand;
        }
        return switch (operand) {
            case Operand.Field field -> {
                fields.addAll(0, field.names());
                yield new Operand.Field(List.copyOf(fields));
            }
            case Operand.Variable variable -> new Operand.Variable(variable.name(), List.copyOf(fields));
            case Operand.Constant constant -> throw error("unexpected . after term \"" + constant.value() + "\"");
            case Operand.Nil _ -> throw error("unexpected . after term nil");
            case Operand.Dot _ -> throw error("unexpected . after term .");
            default -> new Operand.Chain(operand, List.copyOf(fields));
        };
    }

    private Operand term(String where) {
        Token token = next();
        return switch (token.kind()) {
            case DOT -> new Operand.Dot();
            case FIELD -> new Operand.Field(List.of(token.text()));
            case STRING -> new Operand.Constant(token.text());
            case NUMBER -> new Operand.Constant(GoNumbers.parse(token.text()).orElseThrow(() -> error(
                    "bad number syntax: \"" + token.text() + "\"")));
            case CHARACTER -> {
                if (token.text().codePointCount(0, token.text().length()) != 1) {
                    throw error("malformed character constant: '" + token.text() + "'");
                }
                yield new Operand.Constant((long) token.text().codePointAt(0));
            }
            case VARIABLE -> {
                requireVariable(token.text());
                yield new Operand.Variable(token.text(), List.of());
            }
            case IDENTIFIER -> identifier(token.text());
            case OPEN -> new Operand.Nested(pipeline("parenthesized pipeline", false, Kind.CLOSE));
            default -> throw error("unexpected <" + token.text() + "> in " + where);
        };
    }

    private Operand identifier(String name) {
        return switch (name) {
            case "nil" -> new Operand.Nil();
            case "true" -> new Operand.Constant(true);
            case "false" -> new Operand.Constant(false);
            default -> {
                if (!Functions.NAMES.contains(name)) {
                    throw error("function \"" + name + "\" not defined");
                }
                yield new Operand.Function(name);
            }
        };
    }
}
