package dev.sotto.study;

import dev.sotto.base.FileFailure;
import dev.sotto.base.InputException;
import dev.sotto.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** SHA-256 of files and of directories of files, each read once. */
final class FileDigests {
  private final Map<Path, String> known = new HashMap<>();

  /**
   * The digest, in hexadecimal digits.
   *
   * @throws InputException if the file is missing or cannot be read
   */
  String of(Path path) {
    return known.computeIfAbsent(path, FileDigests::read);
  }

  private static String read(Path path) {
    MessageDigest digest = Sha256.digest();
    try {
      for (Path file : Files.isDirectory(path) ? files(path) : List.of(path)) {
        digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
        Sha256.feed(file, digest::update);
      }
    } catch (NoSuchFileException e) {
      throw new InputException(path + ": there is no such file; correct the path", e);
    } catch (IOException e) {
      throw FileFailure.cannotBeRead(path, e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(Files::isRegularFile).sorted().toList();
    }
  }
}
