/** What every module above the core needs to meet users and disks: input errors, files, JSON. */
package dev.sotto.base;
