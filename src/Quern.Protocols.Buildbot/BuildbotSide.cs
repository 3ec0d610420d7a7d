namespace Quern.Protocols.Buildbot;

/// <summary>Which end of the conversation decodes; it decides which operations exist.</summary>
public enum BuildbotSide
{
    /// <summary>Takes the operations of both ends: for captures and tools.</summary>
    Observer,
    Master,
    Worker,
}
