namespace Quern.Protocols.Buildbot;

/// <summary>Joins paths in the worker's notation: on this protocol the master does it. buildbot-msgpack.md section 6.</summary>
public static class WorkerPath
{
    /// <summary>
    /// <paramref name="path"/> below <paramref name="folder"/>; an absolute path stays as it is, an empty one or <c>.</c> is the folder.
    /// </summary>
    public static string Join(WorkerInfo info, string folder, string path)
    {
        ArgumentNullException.ThrowIfNull(info);
        ArgumentNullException.ThrowIfNull(folder);
        ArgumentNullException.ThrowIfNull(path);
        bool windows = info.System == "nt";
        if (path.Length == 0 || path == ".") return folder;
        if (IsAbsolute(path, windows) || folder.Length == 0) return path;
        char separator = windows ? '\\' : '/';
        bool ended = folder[^1] == separator || (windows && folder[^1] == '/');
        return ended ? folder + path : folder + separator + path;
    }

    private static bool IsAbsolute(string path, bool windows) =>
        path[0] == '/' || (windows && (path[0] == '\\' || (path.Length >= 2 && path[1] == ':')));
}
