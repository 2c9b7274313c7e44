package dev.sotto.study;

import dev.sotto.data.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** SHA-256 of files and of directories of files, each read once. */
final class FileDigests {
  private static final int BUFFER = 1 << 16;

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
    MessageDigest digest = sha256();
    try {
      if (Files.isDirectory(path)) {
        for (Path file : files(path)) {
          digest.update(file.getFileName().toString().getBytes(StandardCharsets.UTF_8));
          digest.update((byte) 0);
          update(digest, file);
        }
      } else {
        update(digest, path);
      }
    } catch (NoSuchFileException e) {
      throw new InputException(path + ": there is no such file; correct the path", e);
    } catch (IOException e) {
      throw new InputException(path + ": cannot be read: " + e, e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static List<Path> files(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private static void update(MessageDigest digest, Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[BUFFER];
      for (int read = in.read(buffer); read > 0; read = in.read(buffer)) {
        digest.update(buffer, 0, read);
      }
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("this Java runtime has no SHA-256", e);
    }
  }
}
