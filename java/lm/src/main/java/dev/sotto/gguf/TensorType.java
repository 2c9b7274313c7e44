package dev.sotto.gguf;

import dev.sotto.compute.StorageType;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How a tensor of a GGUF file is stored: ggml's name of its type.
 *
 * @param name such as {@code Q4_K}
 */
public record TensorType(String name) {
  /** By code; empty where a code is no longer in use. */
  private static final List<String> NAMES =
      Arrays.asList(
          ("F32 F16 Q4_0 Q4_1 - - Q5_0 Q5_1 Q8_0 Q8_1 Q2_K Q3_K Q4_K Q5_K Q6_K Q8_K IQ2_XXS IQ2_XS"
                  + " IQ3_XXS IQ1_S IQ4_NL IQ3_S IQ2_S IQ4_XS I8 I16 I32 I64 F64 IQ1_M BF16 - - -"
                  + " TQ1_0 TQ2_0 - - - MXFP4 NVFP4")
              .split(" "));

  /** The type of a code, if ggml has one. */
  static Optional<TensorType> ofCode(long code) {
    return code >= 0 && code < NAMES.size() && !NAMES.get((int) code).equals("-")
        ? Optional.of(new TensorType(NAMES.get((int) code)))
        : Optional.empty();
  }

  /** What a backend converts it from; empty where none can. */
  public Optional<StorageType> storage() {
    return Arrays.stream(StorageType.values()).filter(t -> t.name().equals(name)).findFirst();
  }

  /** The names of those that can be read. */
  static String readable() {
    return NAMES.stream()
        .filter(name -> new TensorType(name).storage().isPresent())
        .collect(Collectors.joining(", "));
  }
}
