using System.Globalization;
using System.Text;

namespace Quern.WorkerHost;

/// <summary>
/// Writes a <c>buildbot.tac</c> that a stock worker of 3.7 executes and <see cref="TacReader"/> reads. The assignments, their
/// names and their order are those of its template, for tools that look for them.
/// </summary>
internal static class TacWriter
{
    public static string Write(TacSettings settings)
    {
        var text = new StringBuilder();
        text.Append(
            CultureInfo.InvariantCulture,
            $"""

            import os

            from buildbot_worker.bot import Worker
            from twisted.application import service

            basedir = {PythonRepr.Of(settings.BaseDirectory)}
            rotateLength = {settings.LogBytes}
            maxRotatedFiles = {settings.LogCount}

            # A relocatable folder is where this file is.
            if basedir == '.':
                basedir = os.path.abspath(os.path.dirname(__file__))

            # By this line the folder is known as a worker's.
            application = service.Application('buildbot-worker')

            """);
        if (settings.RotatesLog)
        {
            text.Append(
                """

                from twisted.python.log import FileLogObserver, ILogObserver
                from twisted.python.logfile import LogFile
                logfile = LogFile.fromFullPath(os.path.join(basedir, "twistd.log"), rotateLength=rotateLength, maxRotatedFiles=maxRotatedFiles)
                application.setComponent(ILogObserver, FileLogObserver(logfile).emit)

                """);
        }
        string? way = settings.ConnectionString;
        text.Append(
            CultureInfo.InvariantCulture,
            $"""

            buildmaster_host = {PythonRepr.Of(way is null ? settings.Host : null)}
            port = {(way is null ? settings.Port.ToString(CultureInfo.InvariantCulture) : "None")}
            {(way is null ? "" : $"connection_string = {PythonRepr.Of(way)}\n")}workername = {PythonRepr.Of(settings.Name)}
            passwd = {PythonRepr.Of(settings.Password)}
            keepalive = {settings.Keepalive}
            umask = {settings.Umask}
            maxdelay = {settings.MaxDelay}
            numcpus = {settings.Cpus}
            allow_shutdown = {PythonRepr.Of(settings.AllowShutdown)}
            maxretries = {settings.MaxRetries}
            use_tls = {(settings.UseTls ? 1 : 0)}
            delete_leftover_dirs = {(settings.DeleteLeftoverDirs ? 1 : 0)}
            proxy_connection_string = {PythonRepr.Of(settings.ProxyConnectionString)}
            protocol = {PythonRepr.Of(settings.Protocol)}

            s = Worker(
                buildmaster_host, port, workername, passwd, basedir, keepalive,
                umask=umask, maxdelay=maxdelay, numcpus=numcpus, allow_shutdown=allow_shutdown, maxRetries=maxretries,
                protocol=protocol, useTls=use_tls, delete_leftover_dirs=delete_leftover_dirs,
                {(way is null ? "" : "connection_string=connection_string, ")}proxy_connection_string=proxy_connection_string)
            s.setServiceParent(application)

            """);
        return text.ToString();
    }
}
